"""Reproduction: from evidence to a check that was seen to fail for the same reason."""
