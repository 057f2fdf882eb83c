"""What is told while a phase works: a line at a time, whatever tests and jobs are called."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.github_reader import hidden
from tests.support.hostile_inputs import HOSTILE
from tests.support.step_runner import obeyed

from improve.progress import LONGEST, Progress

TOOLS = Path(__file__).parents[1] / "tools"
ACTIVITY = "running \x1b]0;title\x07a\n::error::planted \x1b[2J[bold]b\u202e"
LIVE = f"""
import sys, time
sys.path.insert(0, {str(TOOLS)!r})
from improve.progress import Progress
with Progress("fix", 60) as progress:
    progress({ACTIVITY!r})
    time.sleep(0.5)
    progress.note({ACTIVITY!r})
"""


def test_each_activity_is_one_harmless_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("fix", 60) as progress:
        for text in HOSTILE.values():
            progress(text)
            progress.note(text)
    told = capsys.readouterr().err
    assert told.count("\n") == told.count("    fix: ") and not hidden(told) and not obeyed(told)
    assert max(len(line) for line in told.split("\n")) < LONGEST + 60


def test_on_a_terminal_nothing_but_our_own_escapes_is_sent() -> None:
    ours, theirs = pty.openpty()
    world = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.Popen([sys.executable, "-c", LIVE], stderr=theirs, stdin=theirs, env=world)
    os.close(theirs)
    sent = b""
    while True:
        try:
            block = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not block:
            break
        sent += block
    os.close(ours)
    assert done.wait(10) == 0
    shown = sent.decode()
    assert "[bold]b" in shown, shown
    for foreign in ("\x1b]0", "\x07", "\x1b[2J", "\u202e"):
        assert foreign not in shown, f"{foreign!r} in {shown!r}"
