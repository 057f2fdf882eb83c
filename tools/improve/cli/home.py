"""The user's home folder, on machines that may not have one.

A container that runs as a bare number (``docker run --user 1234``) has none: HOME is not set there, and
no list of users knows the number. Python then raises wherever a home is asked for.
"""

from __future__ import annotations

import os
from pathlib import Path

NOWHERE = "/nonexistent"  # Debian's own name for it, in its list of users


def settle() -> None:
    """From now on asking for the home is harmless: where there is none, nothing is found in it."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = NOWHERE


def home() -> Path | None:
    """None where things cannot be kept in it."""
    return None if os.environ.get("HOME") == NOWHERE else Path.home()
