"""kill -9 in the middle of both measurements of an intermittent fix; ``--resume`` after each."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from tests.support.causes import Case, case, laid_out
from tests.support.claude_job import marked
from tests.support.toolkit import Toolkit

from improve.checks.proof_often import FRESH_SEEDS

pytestmark = pytest.mark.nightly
SECONDS = 300.0
MEASURING = "--until=5"  # the base, until it has failed five times
AFTER = f"--first={FRESH_SEEDS}"


def under_way(run: Path, option: str) -> bool:
    """Whether runs of a stress test with that option go on now, in the phase ``fix``."""
    journal = run / "journal.jsonl"
    if not journal.exists() or '"begun", "phase": "fix"' not in journal.read_text():
        return False
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            words = process.cmdline()  # its own, not that of the sandbox around it
            runner = words[1:2] and words[1].endswith("improve_stress.py")
            if runner and option in words and process.environ().get("IMPROVE_RUN") == str(run):
                return True
    return False


def killed_while(
    kit: Toolkit, options: tuple[str | Path, ...], option: str, world: dict[str, str]
) -> Path:
    """Start run.sh, and kill it and its phase while those runs go on; the run folder."""
    child = kit.start(*options, **world)
    end = time.monotonic() + SECONDS
    while not (runs := kit.runs()) or not under_way(runs[-1], option):
        assert child.poll() is None, f"it ended with {child.returncode} before {option}"
        assert time.monotonic() < end, f"no {option} within {SECONDS:.0f} s"
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    end = time.monotonic() + 10
    while (left := marked(runs[-1])) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left, f"left behind: {left}"
    return runs[-1]


def test_killed_while_it_measures_before_and_after(kit: Toolkit, tmp_path: Path) -> None:
    one: Case = case("directory-order")
    info, world = laid_out(tmp_path, one, one.fix(), ["scripted"], 5)
    run = killed_while(kit, ("--request", info), MEASURING, world)
    assert not list((run / "proof").glob("before-*.json")), "half a measurement is none"
    killed_while(kit, ("--resume",), AFTER, world)
    measured = next((run / "proof").glob("before-*.json"))
    kept = measured.read_bytes()
    ended = kit.run("--resume", patience=2 * SECONDS, **world).good()
    assert ended.run == run and measured.read_bytes() == kept, "the base is measured once"
    attempts = ended.artifact("fix")["attempts"]
    told = [(a["outcome"], a["reason"]) for a in attempts]
    assert [a["outcome"] for a in attempts] == ["kept"], told
    confidence = attempts[0]["proof"]["confidence"]
    assert confidence["chance"] <= 0.001 and confidence["before"]["failures"] == 5
    assert confidence["sentence"] in ended.report.replace("\\", "")
