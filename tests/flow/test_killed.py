"""kill -9 at random moments, ``--resume`` after each: the result is that of a run left in peace."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.support.repositories import git
from tests.support.toolkit import Toolkit, toolkit

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("FLOW_SEED", time.time_ns() % 1_000_000))
MOMENTS, RUNS = 20, 4
EXAMPLE = "timeout-in-datamovement"
NAMES = (f"fix/{EXAMPLE}", f"repro/{EXAMPLE}")


@dataclass(frozen=True)
class Demo:
    """The shipped example, repaired by a recorded edit (so that the result is always the same)."""

    kit: Toolkit
    edits: Path

    @property
    def repository(self) -> Path:
        return self.kit.top / "outputs" / "examples" / EXAMPLE / "repository"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        return self.kit.start(
            *options, IMPROVE_LADDER="scripted", IMPROVE_SCRIPTED_EDITS=str(self.edits)
        )

    def result(self) -> dict[str, str]:
        """Every branch of the repository and of its origin."""
        return {
            f"{place.name} {line.split()[1]}": line.split()[0]
            for place in (self.repository, self.repository.parent / "origin.git")
            for line in git(
                place, "for-each-ref", "--format=%(objectname) %(refname:short)", "refs/heads"
            ).splitlines()
        }


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    folder = tmp_path / "edits"
    folder.mkdir()
    (folder / "edit.patch").write_text(
        "--- a/src/datamovement/scatter.py\n+++ b/src/datamovement/scatter.py\n"
        "@@ -9,3 +9,3 @@\n     chunks = total // size\n"
        "-    if total % size >= 0:  # a last, shorter chunk\n"
        "+    if total % size > 0:  # a last, shorter chunk\n         chunks += 1\n"
    )
    return folder


@pytest.fixture
def demo(tmp_path: Path, cache: Path, edits: Path) -> Demo:
    return Demo(toolkit(tmp_path / "toolkit", cache), edits)


def kill(child: subprocess.Popen[bytes], whole_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if whole_group:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def left_behind(top: Path) -> list[psutil.Process]:
    """Processes that carry IMPROVE_RUN for a run of the toolkit at ``top``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            world = process.environ()
            if world.get("IMPROVE_RUN", "").startswith(str(top)):
                found.append(process)
    return found


def run_with_kills(demo: Demo, moments: list[float], dice: random.Random) -> int:
    """One run of the demo, killed after each of ``moments`` seconds of a session; kills that hit."""
    hits, options = 0, ("--demo",)
    for moment in moments:
        child = demo.start(*options)
        try:
            code = child.wait(moment)
            assert code == 0, f"a session of its own accord ended with {code}"
            break
        except subprocess.TimeoutExpired:
            kill(child, dice.random() < 0.5)
            hits += 1
        opened = any((run / "request.json").exists() for run in demo.kit.runs())
        options = ("--resume",) if opened else ("--demo",)
    child = demo.start(*options)
    assert child.wait(240) == 0, (demo.kit.runs()[-1] / "journal.jsonl").read_text()
    return hits


def test_killed_and_resumed_it_ends_as_if_undisturbed(
    demo: Demo, tmp_path: Path, cache: Path
) -> None:
    """Twenty moments over four runs; FLOW_SEED=<seed> makes the same ones again."""
    print(f"FLOW_SEED={SEED}")
    dice = random.Random(SEED)
    assert demo.start("--demo").wait(240) == 0  # makes the environment
    began = time.monotonic()
    wanted = demo.result()
    again = Demo(toolkit(tmp_path / "second", cache), demo.edits)
    assert again.start("--demo").wait(240) == 0
    whole = time.monotonic() - began
    assert again.result() == wanted and len(wanted) == 5, wanted
    hits = 0
    for number in range(RUNS):
        one = Demo(toolkit(tmp_path / f"killed-{number}", cache), demo.edits)
        moments = [dice.uniform(0.05, whole * 0.6) for _ in range(MOMENTS // RUNS)]
        hits += run_with_kills(one, moments, dice)
        assert one.result() == wanted, (SEED, moments)
        check_nothing_is_left(one, moments)
    assert hits >= MOMENTS // 2, (SEED, whole, hits)


def check_nothing_is_left(demo: Demo, moments: list[float]) -> None:
    finished = [run for run in demo.kit.runs() if (run / "report.json").exists()]
    assert len(finished) == 1, (SEED, moments, demo.kit.runs())
    run = finished[0]
    assert [p.name for p in run.rglob("pull-request*")] == ["pull-request.md"]
    assert run.with_name(f"{run.name}.md").read_text().count("**Status:** ✅ Success") == 1
    assert not list((demo.kit.cache / "workbenches").iterdir()), (SEED, moments)
    assert left_behind(demo.kit.top) == [], (SEED, moments)
    assert (
        subprocess.run(["flock", "--nonblock", run / "lock", "true"], check=False).returncode == 0
    )
    git(demo.repository, "fsck", "--strict")
    for name in NAMES:
        assert git(demo.repository, "rev-list", "--count", f"main..{name}") == "1"


def test_a_phase_dies_with_run_sh(demo: Demo) -> None:
    """Else the lock of a killed run would be held by something that nobody waits for."""
    child = demo.start("--demo")
    deadline = time.monotonic() + 60
    phases: list[psutil.Process] = []
    while not phases and time.monotonic() < deadline:
        time.sleep(0.05)
        phases = left_behind(demo.kit.top) or [
            p for p in psutil.Process(child.pid).children() if "reproduce" in p.cmdline()
        ]
    kill(child, whole_group=False)
    gone, alive = psutil.wait_procs(phases, timeout=5)
    assert gone and not alive
