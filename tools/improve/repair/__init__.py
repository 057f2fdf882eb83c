"""Repair without a model: localise, deterministic fixers, mutation operators, ordered search.

Pure: texts in, candidates out. Nothing here reads a file, a clock or runs a test; the embedded
agent does that. Start reading at ``search.py``.
"""
