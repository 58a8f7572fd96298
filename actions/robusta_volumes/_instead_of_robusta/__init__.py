"""Actions in the place of Robusta's own; loaded only where `playbookRepos` names `robusta_volumes._instead_of_robusta`."""
