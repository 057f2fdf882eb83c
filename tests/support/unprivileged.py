"""Somebody who owns the files of the tests and is not root: what permissions deny is denied to them.

A container often runs the tests as root, who is refused nothing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

NOBODY = 54321  # no machine's list of users has it, so it has no home folder either


def prefix(user: int | None = None) -> list[str]:
    """What to write before a command; ``user`` is who it is then, where that matters."""
    if user is None and os.geteuid():
        return []
    return ["unshare", "--user", f"--map-user={user or NOBODY}"]


def unprivileged(
    *words: str | Path, environ: Mapping[str, str], user: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with this environment alone."""
    return subprocess.run(
        [*prefix(user), *words], env=environ, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
