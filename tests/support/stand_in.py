"""A stand-in for a demo: it plays a service on this machine for as long as run.sh lives.

    python -I tests/support/stand_in.py NAME EXAMPLE PLACE

``EXAMPLE`` is the demo's folder below examples/, only read; ``PLACE`` the folder that keeps what the
demo leaves. On stdout: ``NAME=value`` for each variable that leads the phases here, then ``ready``.
On stdin: ``tell`` asks for a summary on stderr. The end of stdin ends it, and that comes however
run.sh dies; so outside of ``PLACE`` nothing is left, not even after kill -9.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

TOP = Path(__file__).resolve().parents[2]
# Demo -> the module whose `play(example, place, private)` is a context that gives a World.
STAND_INS = {
    "agents": "tests.support.demo_agents",
    "github": "tests.support.demo_github",
}
LONGEST = 60  # bytes of a temporary folder: the path of a socket in it has to stay below 108


@dataclass(frozen=True)
class World:
    """Variables for the phases, and a summary of what happened, for people."""

    environ: dict[str, str]
    tell: Callable[[], str]


def main(name: str, example: Path, place: Path) -> None:
    """Play the stand-in of the demo ``name`` until stdin ends."""
    with contextlib.suppress(PermissionError):
        # Ctrl-C and kill -9 of the whole group are for run.sh; its report still needs us then.
        os.setsid()
    signal.signal(signal.SIGTERM, _end)
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST:
        tempfile.tempdir = "/tmp"  # what is made in it is private
    if not (place / "repository").is_dir():
        raise SystemExit(f"!!! What this demo worked on is gone: {place / 'repository'}")
    play = importlib.import_module(STAND_INS[name]).play
    with contextlib.ExitStack() as until_the_end:
        lock = os.open(place, os.O_RDONLY)
        until_the_end.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)  # the one of a killed run may still be putting things away
        private = until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="improve-demo-"))
        world = until_the_end.enter_context(play(example, place, Path(private)))
        for variable, value in world.environ.items():
            print(f"{variable}={value}")
        print("ready", flush=True)
        for line in sys.stdin:
            if line == "tell\n":
                print(world.tell(), file=sys.stderr, flush=True)


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    sys.path[:0] = [str(TOP), str(TOP / "tools")]
    with contextlib.suppress(BrokenPipeError):  # run.sh is gone before we were ready
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
