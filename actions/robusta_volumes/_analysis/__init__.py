"""Pure calculations over facts and rules."""
