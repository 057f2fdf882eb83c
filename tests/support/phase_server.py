"""Phases of a demo without the start of run.sh and of Python: a process that has all imported, forked.

    python -I phase_server.py KIT

Started by ``tests/support/quick.py`` with the toolkit's own Python. A line on stdin is a session: JSON
with ``verbs`` (what is called before the phase, the phase, what is called when it fails), ``environ``,
``counting`` (the folder of the program that counts), ``said`` (a file for stderr) and ``stand_in`` (the
demo that has one, or ''). The answer on stdout is the exit code of the phase.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

PHASES = ("resume", "fetch_logs", "reproduce", "fix", "publish", "report")


def serve(kit: Path) -> None:
    """Answer sessions until stdin ends."""
    for line in sys.stdin:
        order = json.loads(line)
        place = os.fork()
        if not place:
            _die_with_parent()
            _session(kit, order)
        _, status = os.waitpid(place, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _die_with_parent() -> None:
    # PR_SET_PDEATHSIG of prctl(2): a test that is stopped leaves no session behind.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _session(kit: Path, order: dict[str, Any]) -> NoReturn:
    code = 3
    try:
        os.environ.clear()
        os.environ.update(order["environ"])
        tempfile.tempdir = None
        with open(order["said"], "ab") as said, contextlib.ExitStack() as until_the_end:  # noqa: PTH123
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(1, 0)
            if name := order["stand_in"]:
                private = until_the_end.enter_context(tempfile.TemporaryDirectory())
                play = importlib.import_module(f"tests.support.demo_{name}").play
                of = kit / "examples" / name, kit / "outputs" / "examples" / name, Path(private)
                os.environ.update(until_the_end.enter_context(play(*of)).environ)
                os.environ["IMPROVE_STAND_IN"] = name
            # What the stand-in starts for itself is not counted.
            os.environ["PATH"] = os.pathsep.join((order["counting"], os.environ["PATH"]))
            process._die_with_us.cache_clear()  # type: ignore[attr-defined]
            before, phase, failed = order["verbs"]
            code = _verb(before) or _verb(phase)
            if code > 0:
                _verb(failed)
    except BaseException:
        traceback.print_exc()
    os._exit(code if code >= 0 else 137)


def _verb(words: list[str]) -> int:
    child = os.fork()
    if not child:
        _die_with_parent()
        os.setsid()  # a kill is one of the whole group; the stand-in outlives it, as run.sh's does
        sys.argv[:] = ["improve", *words]
        try:
            main()
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
        except BaseException:
            traceback.print_exc()
        os._exit(3)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    top = Path(sys.argv[1])
    sys.path[:0] = [str(top), str(top / "tools")]
    for one in PHASES:
        importlib.import_module(f"improve.phases.{one}")
    from improve.cli import main
    from improve.workbench import process

    serve(top)
