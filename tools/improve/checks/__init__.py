"""Checks: what must fail before a fix and pass after it."""
