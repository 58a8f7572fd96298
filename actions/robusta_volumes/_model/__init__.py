"""What we know and intend, as frozen dataclasses; standard library only."""
