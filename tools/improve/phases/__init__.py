"""Phases: one file a verb, artifact in, artifact out. They never import each other."""
