"""The seam where a foreign library starts a program: the SDK spawns ``cli_path`` by itself.

``workbench.process`` is our only door to other programs, and the SDK does not go through it. So
what it is given to start is a script of ours, which keeps the door's promises by itself: the
environment is made from nothing (the SDK always passes all of ours on), the program leads a
process group, it dies with us even by ``kill -9``, and the sandbox is around it from its first
instruction. Its process id lies beside it, by which a program that does not end is ended at once:
the SDK alone would wait five seconds.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GRACE_SECONDS = 1.0


@dataclass(frozen=True)
class Launcher:
    """``script`` is what the SDK starts; ``pid`` is written by it."""

    script: Path
    pid: Path


def launcher(folder: Path, argv: Sequence[str], env: Mapping[str, str]) -> Launcher:
    """A script that becomes ``argv`` + its own arguments, in exactly the environment ``env``.

    ``folder`` must be ours alone: the script holds the values of ``env``.
    """
    made = Launcher(folder / "start", folder / "pid")
    clean = ["env", "-i", *(f"{name}={value}" for name, value in env.items())]
    # In this order: env and setsid are run once each and become the next program, so the id that
    # the shell has is the program's own, and its group's.
    program = shutil.which(argv[0]) or argv[0]  # by our PATH: `env` has another one
    order = [*_own_group(), *clean, *_die_with_us(), program, *argv[1:]]
    made.script.write_text(
        f'#!/bin/sh\necho $$ >{shlex.quote(str(made.pid))}\nexec {shlex.join(order)} "$@"\n'
    )
    made.script.chmod(0o700)
    made.pid.unlink(missing_ok=True)
    return made


def end(started: Launcher, behind: Callable[[int], None]) -> None:
    """End the program and its process group, if it still runs; SIGTERM, then SIGKILL.

    ``behind`` ends what a signal to the group does not reach.
    """
    pid = _pid(started)
    if pid is None or not _runs(pid):
        return
    with contextlib.suppress(OSError):
        behind(pid)
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and _runs(pid):
            time.sleep(0.02)
        os.killpg(pid, signal.SIGKILL)


def watched(started: Launcher, overrun: Callable[[int], str]) -> str:
    """Which limit of the sandbox the program is over, or ''."""
    pid = _pid(started)
    return overrun(pid) if pid is not None and _runs(pid) else ""


def _pid(started: Launcher) -> int | None:
    try:
        return int(started.pid.read_text())
    except (OSError, ValueError):
        return None  # it was never started


def _runs(pid: int) -> bool:
    # Ours, and not only waiting to be reaped: an id that was given away again is never touched.
    try:
        process = psutil.Process(pid)
        return process.ppid() == os.getpid() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _own_group() -> tuple[str, ...]:
    found = shutil.which("setsid")
    return (found,) if found else ()


def _die_with_us() -> tuple[str, ...]:
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    return (found, "--pdeathsig", "KILL", "--") if found else ()
