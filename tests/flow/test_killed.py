"""kill -9 at random moments, ``--resume`` after each: the result is that of a run left in peace."""

from __future__ import annotations

import contextlib
import itertools
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
PHASES = ("fetch-logs", "reproduce", "fix", "publish", "report")
EXAMPLE = "timeout-in-datamovement"
NAMES = (f"fix/{EXAMPLE}", f"repro/{EXAMPLE}")


@dataclass(frozen=True)
class Demo:
    """The shipped example, as a newcomer starts it."""

    kit: Toolkit

    @property
    def repository(self) -> Path:
        return self.kit.top / "outputs" / "examples" / EXAMPLE / "repository"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        return self.kit.start(*options)

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
def demo(tmp_path: Path, cache: Path) -> Demo:
    return Demo(toolkit(tmp_path / "toolkit", cache))


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


def events(demo: Demo, phase: str) -> int:
    """How often a phase of the newest run was begun."""
    journals = [run / "journal.jsonl" for run in demo.kit.runs()[-1:]]
    said = f'"begun", "phase": "{phase}"'
    return sum(place.read_text().count(said) for place in journals if place.exists())


def ended_before(demo: Demo, child: subprocess.Popen[bytes], phase: str, seconds: float) -> bool:
    """Wait for the moment: ``seconds`` after the session began, or after it began ``phase``."""
    before = events(demo, phase)
    while phase and events(demo, phase) == before and child.poll() is None:
        time.sleep(0.02)
    with contextlib.suppress(subprocess.TimeoutExpired):
        assert child.wait(seconds) == 0, "a session ended in a failure of its own"
        return True
    return False


def run_with_kills(demo: Demo, whole: float, most: int, dice: random.Random) -> list[str]:
    """One run of the demo, killed up to ``most`` times; the moments, in words.

    Half of the moments are anywhere in the run; as some phases are short, the other half lie
    right behind the beginning of one that is still to come.
    """
    hits: list[str] = []
    options: tuple[str, ...] = ("--demo",)
    while len(hits) < most:
        done = {path.stem for run in demo.kit.runs()[-1:] for path in run.glob("*.json")}
        ahead = [phase for phase in PHASES if phase not in done]
        phase = dice.choice(ahead) if ahead and dice.random() < 0.5 else ""
        seconds = dice.uniform(0, 0.6) if phase else dice.uniform(0.05, whole / 2)
        child = demo.start(*options)
        if ended_before(demo, child, phase, seconds):
            return hits
        alone = dice.random() < 0.5
        kill(child, whole_group=not alone)
        hits.append(f"{seconds:.2f} s after {phase or 'the start'}{', run.sh alone' * alone}")
        opened = any((run / "request.json").exists() for run in demo.kit.runs())
        options = ("--resume",) if opened else ("--demo",)
    assert demo.start(*options).wait(240) == 0, (SEED, hits)
    return hits


@pytest.mark.nightly  # with each push test_crash_matrix kills at programs that are named
@pytest.mark.parametrize("moments", [20])
def test_killed_and_resumed_it_ends_as_if_undisturbed(
    demo: Demo, tmp_path: Path, cache: Path, moments: int
) -> None:
    """Some moments over several runs; FLOW_SEED=<seed> makes the same ones again."""
    dice = random.Random(SEED)
    assert demo.start("--demo").wait(240) == 0  # makes the environment
    wanted = demo.result()
    assert len(wanted) == 5, wanted
    again = Demo(toolkit(tmp_path / "again", cache))
    began = time.monotonic()
    assert again.start("--demo").wait(240) == 0
    whole = time.monotonic() - began
    assert again.result() == wanted
    told: list[str] = []
    for number in itertools.count():
        if len(told) >= moments:
            break
        one = Demo(toolkit(tmp_path / f"killed-{number}", cache))
        told += run_with_kills(one, whole, min(6, moments - len(told)), dice)
        print(f"FLOW_SEED={SEED} ({whole:.1f} s undisturbed)", *told, sep="\n  ")
        assert one.result() == wanted, (SEED, told)
        check_nothing_is_left(one)


def check_nothing_is_left(demo: Demo) -> None:
    finished = [run for run in demo.kit.runs() if (run / "report.json").exists()]
    assert len(finished) == 1, (SEED, demo.kit.runs())
    run = finished[0]
    assert [p.name for p in run.rglob("pull-request*")] == ["pull-request.md"]
    assert run.with_name(f"{run.name}.md").read_text().count("**Status:** ✅ Success") == 1
    assert not list((demo.kit.cache / "workbenches").iterdir()), SEED
    assert left_behind(demo.kit.top) == [], SEED
    assert (
        subprocess.run(["flock", "--nonblock", run / "lock", "true"], check=False).returncode == 0
    )
    git(demo.repository, "fsck", "--strict")
    for name in NAMES:
        assert git(demo.repository, "rev-list", "--count", f"main..{name}") == "1"


def reproducing(child: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Its processes of that phase; others end while they are looked at."""
    found = []
    for process in psutil.Process(child.pid).children():
        with contextlib.suppress(psutil.Error):
            found += [process] * ("reproduce" in process.cmdline())
    return found


def test_a_phase_dies_with_run_sh(demo: Demo) -> None:
    """Else the lock of a killed run would be held by something that nobody waits for."""
    child = demo.start("--demo")
    deadline = time.monotonic() + 60
    phases: list[psutil.Process] = []
    while not phases and time.monotonic() < deadline:
        time.sleep(0.05)
        phases = left_behind(demo.kit.top) or reproducing(child)
    kill(child, whole_group=False)
    gone, alive = psutil.wait_procs(phases, timeout=5)
    assert gone and not alive
