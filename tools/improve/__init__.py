"""Turns a red CI run into a draft pull request with a proven fix, and a report.

The rooms and the direction of imports are described in ARCHITECTURE.md and enforced by
``tests/test_floors.py``.
"""

__version__ = "0.1.0"
