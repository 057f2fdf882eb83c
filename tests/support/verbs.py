"""The front door of one verb: ``improve ...`` as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.toolkit import HERE


def improve(*words: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run it with ``extra`` in its environment; nothing is answered for a user."""
    return subprocess.run(
        [sys.executable, "-m", "improve", *map(str, words)], env={**os.environ, **extra}, cwd=HERE,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
