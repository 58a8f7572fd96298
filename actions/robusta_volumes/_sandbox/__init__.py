"""A small embedded cluster to try, demonstrate and test on."""
