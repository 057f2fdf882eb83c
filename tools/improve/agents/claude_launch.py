"""The seam where a foreign library starts a program: the SDK spawns ``cli_path`` by itself.

``workbench.process`` is our only door to other programs, and the SDK does not go through it. So
what it is given to start is a script of ours, which keeps the door's promises by itself: the
environment is made from nothing (the SDK always passes all of ours on) and stands in no argument
(every user can read those), the program leads a process group, it dies with us even by ``kill -9``,
and the sandbox is around it from its first instruction. Its process id lies beside it, by which a
program that does not end is ended at once: the SDK alone would wait five seconds.
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
# Written in Python, since a shell adds variables of its own, and some names it does not take. Python
# ignores two signals that a program expects to end it, and what is ignored stays so.
BECOME = """\
import os, signal, sys
ARGV = {argv!r}
ENVIRON = {environ!r}
for number in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
try:
    os.execve(ARGV[0], ARGV + sys.argv[1:], ENVIRON)
except OSError as error:
    os.write(2, os.fsencode(f"{{os.fsdecode(ARGV[0])}}: {{error.strerror}}\\n"))
    os._exit(127)
"""


@dataclass(frozen=True)
class Launcher:
    """``script`` is what the SDK starts; ``pid`` is written by it."""

    script: Path
    pid: Path


def launcher(folder: Path, argv: Sequence[str], env: Mapping[str, str]) -> Launcher:
    """A script that becomes ``argv`` + its own arguments, in exactly the environment ``env``.

    ``folder`` must be ours alone: a file in it holds the values of ``env``.
    """
    made = Launcher(folder / "start", folder / "pid")
    become = folder / "become"
    for old in (made.pid, become):
        old.unlink(missing_ok=True)
    become.touch(0o600)
    become.write_text(_becoming(argv, env), "utf-8")
    # In this order: each is run once and becomes the next program, so the id that the shell has is
    # the program's own, and its group's.
    order = [*_own_group(), *_die_with_us(), sys.executable, "-I", "-S", str(become)]
    made.script.write_text(
        f'#!/bin/sh\necho $$ >{shlex.quote(str(made.pid))}\nexec {shlex.join(order)} "$@"\n'
    )
    made.script.chmod(0o700)
    return made


def _becoming(argv: Sequence[str], env: Mapping[str, str]) -> str:
    program = shutil.which(argv[0]) or argv[0]  # by our PATH: the program has another one
    words = [os.fsencode(word) for word in (program, *argv[1:])]
    environ = {os.fsencode(name): os.fsencode(value) for name, value in env.items()}
    return BECOME.format(argv=words, environ=environ)


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
