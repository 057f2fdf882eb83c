"""What a killed session left running: found by its mark, and ended."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from improve.workbench.process import RUN_MARK


def sweep(run: Path) -> int:
    """End every process that an earlier, killed session of ``run`` left behind; how many.

    They are known by ``IMPROVE_RUN`` in their environment, so a process that only happens to
    have the same id as one of ours is never touched.
    """
    import psutil  # imported here: only a resumed or finished run needs it

    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in mine and process.environ().get(RUN_MARK) == str(run):
                process.kill()
                ended += 1
    return ended
