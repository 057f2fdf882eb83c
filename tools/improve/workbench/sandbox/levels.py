"""What this machine can hold a program in: found by running it, the best level first."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

from improve.errors import ImproveError, Unable
from improve.workbench import process
from improve.workbench.sandbox.fence import Fence
from improve.workbench.sandbox.holding import Held, Level

LEVELS: tuple[Level, ...] = ("bubblewrap", "bubblewrap-root", "landlock")
SAYS: dict[Level, str] = {
    "bubblewrap": "bubblewrap: namespaces of its own for files, processes, users and network",
    "bubblewrap-root": "bubblewrap, started by root: namespaces of its own for files, processes "
    "and network, no capabilities",
    "landlock": "landlock and a system-call filter: files and sockets fenced; the list of "
    "processes and /dev/shm are shared with the machine, and so are the dates and modes of files",
    "none": "none: own process group, scrubbed environment, limits on time and size alone",
}
PROBE_SECONDS = 20.0
ROOM = 1 << 16  # bytes that a probe needs, and more
# Rights are seen, not assumed: the program writes where it may and fails to where it may not.
PROBE = 'echo in > "$1/in" && ! { echo out > "$2/out"; } 2>/dev/null && test ! -e "$2/out"'
Wish = Literal["auto", "require", "off", "bubblewrap", "bubblewrap-root", "landlock"]


@cache
def works(level: Level) -> str:
    """'' when a program can be held at this level here, else why not, in one line.

    Raises: Unable when that cannot be found out: a full disk must not cost a run its fence.
    """
    # A second time: what passes must not cost a run its fence.
    return _not_held(level) and _not_held(level)


def _not_held(level: Level) -> str:
    if sys.platform != "linux":
        return f"{level} needs Linux"
    if level.startswith("bubblewrap") and not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    if level == "bubblewrap-root" and os.getuid() and not shutil.which("sudo"):
        return "there is no sudo"
    try:
        with tempfile.TemporaryDirectory(prefix="improve-probe-") as folder:
            if why := _probed(Path(folder), level):
                (Path(folder) / "room").write_bytes(bytes(ROOM))
            return why
    except OSError as error:
        raise Unable(
            f"Whether the sandbox holds could not be found out: {error.strerror or error}.",
            f"Make room in {tempfile.gettempdir()}, then go on with ./run.sh --resume.",
        ) from error


def _probed(folder: Path, level: Level) -> str:
    tree, outside = folder / "tree", folder / "outside"
    tree.mkdir()
    outside.mkdir()
    try:
        done = process.run(
            ["/bin/sh", "-c", PROBE, "probe", tree, outside],
            cwd=tree, env={"PATH": "/usr/bin:/bin"}, timeout=PROBE_SECONDS,
            fence=Held(Fence(tree), level),
        )  # fmt: skip
    except ImproveError as error:
        return error.what.splitlines()[-1][:300]
    if not done.ok or not (tree / "in").exists() or (outside / "out").exists():
        said = (done.tail(300).strip().splitlines() or [f"status {done.returncode}"])[-1]
        return said if (tree / "in").exists() is False else "it does not keep writes in"
    return ""


@cache
def best() -> Level:
    """The best level that works here; 'none' when nothing does."""
    return next((level for level in LEVELS if not works(level)), "none")
