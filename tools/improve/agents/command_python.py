"""``python`` and ``pytest`` as the target's tests have them, for programs that are not ours.

The prompt names a command that starts with ``python``. The variables that make it import the tree's
code must not reach the agent's own program, which may be written in Python itself; so they are set
by two small scripts in front of PATH, and for nothing else. ``python3`` stays the machine's own.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

SET = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE", "CI")


def lay_down(folder: Path, python: Path, tests: Mapping[str, str]) -> Path:
    """Write the scripts into ``folder``/bin, which is returned; ``tests`` is their environment."""
    place = folder / "bin"
    place.mkdir(parents=True, exist_ok=True)
    given = " ".join(f"{name}={shlex.quote(tests[name])}" for name in SET if name in tests)
    for name, words in (("python", ""), ("pytest", " -m pytest")):
        script = place / name
        script.write_text(f'#!/bin/sh\n{given} exec {shlex.quote(str(python))}{words} "$@"\n')
        script.chmod(0o755)
    return place
