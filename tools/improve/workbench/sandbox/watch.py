"""Limits that the kernel does not hold for us: looked at twice a second while the program runs.

RLIMIT_NPROC does not count for root, and no limit of a process counts what all of them together
put on a disk. What is found here ends the program; it is a ceiling, not a fence.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from improve.workbench.sandbox.fence import Limits

LEAST_FREE_BYTES = 256 << 20
GONE_SECONDS = 2.0


def watcher(tree: Path, limits: Limits) -> Callable[[int], str]:
    """A function that says which limit the program with this process id is over, or ''."""
    free_before = _free(tree)

    def overrun(pid: int) -> str:
        count = sum(1 for _ in descendants(pid))
        if count > limits.processes:
            return f"more than {limits.processes} processes"
        free = _free(tree)
        if free_before - free > limits.disk_bytes:
            return f"the disk got fuller by more than {limits.disk_bytes >> 20} MB"
        if free < LEAST_FREE_BYTES < free_before:
            return "the disk is full"
        return ""

    return overrun


def _free(tree: Path) -> int:
    try:
        found = os.statvfs(tree)
    except OSError:  # the program removed its own tree
        return LEAST_FREE_BYTES
    return found.f_bavail * found.f_frsize


def descendants(pid: int) -> Iterator[int]:
    """Children, their children and so on, of one moment; nothing where there is no /proc."""
    if sys.platform != "linux":
        return
    todo = [pid]
    while todo:
        with contextlib.suppress(OSError, ValueError):
            for listed in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found = [int(one) for one in listed.read_text().split()]
                    todo += found
                    yield from found


def kill_descendants(pid: int) -> None:
    """Kill what is below a process, and wait until it is gone.

    The end of bubblewrap ends everything inside, but a moment later; and one that ``sudo`` started
    belongs to root, so that only what it started can be killed.
    """
    found = list(descendants(pid))
    for one in found:
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)
    until = time.monotonic() + GONE_SECONDS
    while any(_runs(one) for one in found) and time.monotonic() < until:
        time.sleep(0.002)


def _runs(pid: int) -> bool:
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return said.rpartition(")")[2].split()[0] != "Z"
