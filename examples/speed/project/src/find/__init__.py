"""A small full-text index."""
