"""``openai`` is ended from outside, in the middle of a request and of a command: nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.support.model_servers import openai as scripted
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Fault, Step, Turn
from tests.support.openai_tasks import KEY, patch, shell

from improve.workbench import sandbox

HERE = Path(__file__).parents[2]
CHILD = """
import signal, sys
from pathlib import Path
from tests.support import tasks
from tests.support.openai_tasks import job
from improve.agents import openai

def interrupted(*_given):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupted)
try:
    openai.work(job(Path(sys.argv[1]), seconds_left=tasks.seconds(60)))
except KeyboardInterrupt:
    sys.exit(130)
"""


@contextmanager
def working(
    place: Path, mark: str, turns: list[Step]
) -> Iterator[tuple[subprocess.Popen[bytes], ModelServer]]:
    """A process of its own in which the agent works; ``mark`` is in the environment of all it starts."""
    with scripted.serve(turns) as there:
        world = {**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{there.url}/v1",
                 "PYTHONPATH": f"{HERE}:{HERE / 'tools'}", "IMPROVE_RUN": mark}  # fmt: skip
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(place)], cwd=HERE, env=world)
        try:
            yield child, there
        finally:
            child.kill()
            child.wait()


def left(mark: str) -> list[str]:
    """Programs that run and carry the mark."""
    found = []
    for one in psutil.process_iter():
        try:
            if one.environ().get("IMPROVE_RUN") == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(one.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found


def until(what: str, holds: object, seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


SILENT: list[Step] = [Turn(calls=(patch(),)), Turn(fault=Fault("silent"))]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_a_request_at_once(tmp_path: Path, number: signal.Signals) -> None:
    mark = str(tmp_path / uuid.uuid4().hex)
    with working(tmp_path, mark, SILENT) as (child, there):
        until("the second request", lambda: len(there.seen) == 2)
        child.send_signal(number)
        assert child.wait(30) == 130
    assert left(mark) == []
    # What was answered before is in the ledger, once; the transcript was written as it came.
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 1
    assert '"kind": "result"' in (tmp_path / "attempts/1/transcript.jsonl").read_text()


@pytest.mark.skipif(sandbox.best() == "none", reason="no sandbox works on this machine: no shell")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["SIGINT", "SIGKILL"])
def test_a_command_that_runs_ends_with_us(tmp_path: Path, number: signal.Signals) -> None:
    mark = str(tmp_path / uuid.uuid4().hex)
    long = shell("touch begun; (sleep 60 &) ; sleep 61")
    with working(tmp_path, mark, [Turn(calls=(long,))]) as (child, _):
        until("the command", (tmp_path / "tree/begun").exists)
        assert any("sleep 61" in one for one in left(mark)), "the control: it runs and is seen"
        child.send_signal(number)
        assert child.wait(10) == (130 if number == signal.SIGINT else -signal.SIGKILL)
    until("the end of all programs", lambda: left(mark) == [], 5)
