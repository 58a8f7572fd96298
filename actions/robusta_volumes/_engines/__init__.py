"""How one snapshot or backup tool says what we mean; pure translators."""
