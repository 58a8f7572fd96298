"""The composition, one module per workflow: (cluster, target, settings) -> page; knows nothing of Robusta."""
