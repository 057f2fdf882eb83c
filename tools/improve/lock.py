"""One run per repository and failure at a time.

The shell opens the lock file and hands the descriptor on; ``flock`` belongs to that open file, so
the lock lives exactly as long as ``run.sh`` (and what it started), however it ends. There is
nothing to clean up after ``kill -9``.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

from improve.errors import AlreadyRunning

WAITS = (0.1, 0.2, 0.4, 0.8)  # what was killed a moment ago may still be dying


def take(descriptor: int, run: Path) -> None:
    """Take the lock behind an open descriptor for ``run``.

    Raises: AlreadyRunning naming the run and the process that hold it.
    """
    for wait in (*WAITS, 0.0):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if not wait:
                raise AlreadyRunning(
                    f"Another run works on this failure: {_holder(run)}.",
                    "Wait for it to end, or give this request another name; other failures run side by side.",
                ) from error
            time.sleep(wait)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps({"run": run.name, "process": os.getppid()}).encode())


def _holder(run: Path) -> str:
    try:
        said = json.loads((run / "lock").read_text())
        return f"{said['run']} (process {said['process']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "it is just starting"
