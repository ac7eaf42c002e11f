"""How fast the networks train, beside what a user would pick instead: `make bench`."""
