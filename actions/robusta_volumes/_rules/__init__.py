"""What can be wrong with a volume: one small unit per rule."""
