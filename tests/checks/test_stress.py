"""Many isolated runs: counted, told apart, replayed; and what is right passes under each setting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter

from improve.checks.stress import Stress, alike, measuring, run_stress
from improve.records import CheckRun, Rate, TargetEnvironment

PRODUCT = """\
import random, threading

OWN = random.Random()
PINNED = random.Random(7)
STATE = []

class Account:
    def __init__(self):
        self.balance = 0
        self.lock = threading.Lock()
    def racy(self):
        before = self.balance
        self.balance = before + 1
    def safe(self):
        with self.lock:
            before = self.balance
            self.balance = before + 1
"""
TESTS = """\
import asyncio, os, threading, time
import pytest
import random
from product import Account, OWN, PINNED, STATE

def together(deposit):
    threads = [threading.Thread(target=lambda: [deposit() for _ in range(6)]) for _ in range(3)]
    [one.start() for one in threads]
    [one.join() for one in threads]

def test_race():
    account = Account()
    together(account.racy)
    assert account.balance == 18

def test_safe():
    account = Account()
    together(account.safe)
    assert account.balance == 18
    async def later():
        done = []
        loop = asyncio.get_running_loop()
        loop.call_soon(done.append, 1)
        loop.call_soon(done.append, 2)
        await asyncio.sleep(0.001)
        return done
    assert asyncio.run(later()) == [1, 2]
    assert sorted({"a", "b"}) == ["a", "b"]

def test_draws(): assert random.random() > 0.3
def test_own_draws(): assert OWN.random() > 0.3
def test_pinned(): assert PINNED.random() == random.Random(7).random()
def test_state():
    STATE.append(1)
    assert STATE == [1]
def test_computes(): assert sum(map(steps, range(1, 12000))) == 1038733
def steps(n):
    count = 0
    while n != 1:
        if n % 2:
            n = 3 * n + 1
        else:
            n = n // 2
        count += 1
    return count
def test_hangs(): time.sleep(30)
def test_dies(): os._exit(0)
def test_skipped(): pytest.skip("never")
def test_hash(): assert hash("a") % 2
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("stress")
    (top / "product.py").write_text(PRODUCT)
    (top / "test_p.py").write_text(TESTS)
    return top


def often(
    tree: Path, test: str, seconds: float = 60, also: tuple[str, ...] = (), **values: object
) -> CheckRun:
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
    )
    stress = Stress(**{"limit": 10.0, "runs": 25, **values})  # type: ignore[arg-type]
    nodes = [f"test_p.py::{one}" for one in (test, *also)]
    return run_stress(tree, environment, nodes, stress, seconds)


def test_a_race_is_amplified_measured_and_told(tree: Path) -> None:
    run = often(tree, "test_race", amplifier="thread-noise", until=5, runs=200)
    assert run.rate and run.rate.failures == 5 == len(run.rate.seeds) == len(run.failures), run.log
    assert not run.ok and run.outcomes == {"test_p.py::test_race": "failed"}
    assert {one.error_type for one in run.failures} == {"AssertionError"}
    assert run.failures[0].frames[-1].file == "test_p.py"
    assert "5 of " in run.log and "== 18" in run.log
    assert [set(one) for one in run.rate.settings] == [{"pause_share", "pause_seconds"}] * 5


def test_a_failing_run_keeps_what_its_amplifier_drew(tree: Path) -> None:
    setting = {"amplifier": "hash-seed+switch-interval", "until": 2}
    run = often(tree, "test_hash", **setting)  # type: ignore[arg-type]
    assert run.rate and [one["hash_seed"] for one in run.rate.settings] == list(run.rate.seeds)
    again = often(tree, "test_hash", **setting, seeds=run.rate.seeds)  # type: ignore[arg-type]
    assert again.rate and again.rate.settings == run.rate.settings, again.log


@pytest.mark.parametrize(
    "amplifier", ["plain", "thread-noise+switch-interval+timer-jitter", "busy-processors"]
)
def test_what_is_right_passes_under_each_amplifier(tree: Path, amplifier: str) -> None:
    run = often(tree, "test_safe", amplifier=amplifier, runs=12)
    assert run.ok and run.rate and (run.rate.failures, run.rate.runs) == (0, 12), run.log


def test_a_test_that_computes_is_not_followed_to_a_standstill(tree: Path) -> None:
    plain = often(tree, "test_computes", runs=2).rate
    noisy = often(tree, "test_computes", amplifier="thread-noise", runs=2).rate
    assert plain and noisy and noisy.failures == 0 and noisy.ended_early["lines 1"] == 2, noisy
    slower = noisy.cpu_seconds - plain.cpu_seconds
    assert slower < 2.0, f"two runs took {slower} s more: each line is followed to the end"


@pytest.mark.parametrize("test", ["test_draws", "test_own_draws"])
def test_each_run_draws_anew_and_a_failing_seed_fails_again(tree: Path, test: str) -> None:
    run = often(tree, test, runs=25, until=25)
    assert run.rate and 1 <= run.rate.failures < 25, run.log
    again = often(tree, test, seeds=run.rate.seeds, until=25)
    assert again.rate and again.rate.failures == again.rate.runs == run.rate.failures, again.log


@pytest.mark.parametrize("test", ["test_pinned", "test_state"])
def test_runs_share_nothing_and_a_seed_of_the_product_stays(tree: Path, test: str) -> None:
    assert often(tree, test).ok


@pytest.mark.parametrize(("test", "kind"), [("test_hangs", "timeout"), ("test_dies", "crash")])
def test_a_run_that_does_not_come_to_its_end_has_failed(tree: Path, test: str, kind: str) -> None:
    run = often(tree, test, limit=1.0, runs=2, until=1)
    assert run.rate and run.rate.failures == 1 and run.failures[0].kind == kind
    assert not run.ok


def test_of_several_tests_the_one_that_hangs_is_named(tree: Path) -> None:
    run = often(tree, "test_state", also=("test_hangs",), limit=1.0, runs=1)
    assert [one.node_id for one in run.failures] == ["test_p.py::test_hangs"], run.log
    assert run.outcomes == {"test_p.py::test_state": "passed", "test_p.py::test_hangs": "failed"}


def test_a_quiet_child_still_has_a_terminal_writer_and_all_hooks(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "TOLD = []\ndef pytest_runtest_logreport(report): TOLD.append(report.when)\n"
    )
    (tmp_path / "test_p.py").write_text(
        "import conftest\ndef test_writer(request):\n"
        "    assert request.config.get_terminal_writer().fullwidth\n"
        "    assert conftest.TOLD == ['setup']\n"
    )
    assert (run := often(tmp_path, "test_writer", runs=3)).ok, run.log


def test_a_test_that_is_skipped_shows_nothing(tree: Path) -> None:
    run = often(tree, "test_skipped")
    assert not run.ok and not run.complete and "no test ran to a pass" in run.log


def test_the_time_ends_it_and_says_so(tree: Path) -> None:
    run = often(tree, "test_state", seconds=1, runs=1_000_000)
    assert run.ok and run.rate and 0 < run.rate.runs < 1_000_000
    assert run.rate.note == "the time was up"


def test_hash_seeds_take_a_new_interpreter_each(tree: Path) -> None:
    run = often(tree, "test_hash", amplifier="hash-seed", runs=4, until=4)
    assert run.rate and run.rate.how == "process" and run.rate.failures, run.log
    again = often(tree, "test_hash", amplifier="hash-seed", seeds=run.rate.seeds[:1])
    assert again.rate and again.rate.failures == 1


def test_new_interpreters_can_be_asked_for_and_hash_by_the_seed_of_the_run(tree: Path) -> None:
    drawn = {seed: odd_or_even(seed) for seed in range(1, 17)}
    failing = tuple(seed for seed in drawn if drawn[seed] == 0)[:2]
    passing = tuple(seed for seed in drawn if drawn[seed] == 1)[:2]
    assert len(failing) == len(passing) == 2, drawn
    like = alike(Stress(), Rate(failures=1, runs=2, how="process"))
    seeds = (*failing, *passing)
    run = often(tree, "test_hash", seeds=seeds, until=9, processes=like.processes)
    assert run.rate and (run.rate.how, run.rate.seeds) == ("process", failing), run.log


def odd_or_even(seed: int) -> int:
    world = {**os.environ, "PYTHONHASHSEED": str(seed)}
    found = subprocess.check_output([sys.executable, "-c", "print(hash('a') % 2)"], env=world)
    return int(found)


def test_forks_of_any_server_hash_alike_and_what_a_test_starts_does_not(tree: Path) -> None:
    """Else a failure that hangs on it is blamed on the setting of the server that had bad luck."""
    (tree / "test_h.py").write_text(
        "import subprocess, sys\n"
        "def of_a_child():\n"
        "    return subprocess.check_output([sys.executable, '-c', 'print(hash(\"a\"))'])\n"
        "def test_h(): assert False, (hash('a'), of_a_child() != of_a_child())\n"
    )
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
    )
    told = {
        run_stress(tree, environment, ["test_h.py"], Stress(runs=1), 60).failures[0].message
        for _ in range(2)
    }
    assert len(told) == 1 and "True" in told.pop(), told


def test_threads_that_are_alive_take_a_new_interpreter_each(tmp_path: Path) -> None:
    (tmp_path / "product.py").write_text(
        "import queue, threading\nBOX = queue.Queue()\nOUT = queue.Queue()\n"
        "threading.Thread(target=lambda: OUT.put(BOX.get()), daemon=True).start()\n"
    )
    (tmp_path / "test_p.py").write_text(
        "import product\ndef test_answers():\n"
        "    product.BOX.put(1)\n    assert product.OUT.get(timeout=5) == 1\n"
    )
    run = often(tmp_path, "test_answers", runs=2)
    assert run.ok and run.rate and (run.rate.how, run.rate.runs) == ("process", 2), run.log


def test_what_cannot_be_collected_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "test_p.py").write_text("import nowhere\n")
    run = often(tmp_path, "test_any")
    assert not run.ok and run.rate and run.rate.runs == 0
    assert "nowhere" in run.failures[0].excerpt


def test_progress_tells_the_rate_so_far(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("improve.checks.stress_told.BEAT_SECONDS", 0.5)
    told: list[str] = []
    often(tree, "test_state", seconds=3, runs=1_000_000, progress=told.append)
    assert any("plain: 0 of" in one and "s left" in one for one in told), told
    assert not any("to go" in one for one in told), "nobody waits for a million runs"
    often(tree, "test_state", seconds=2, runs=4_999, progress=told.append)
    assert "at most" in told[-1] and " to go, " in told[-1], told


def test_measuring_goes_on_until_five_failures() -> None:
    assert measuring(Stress("plain", 5.0, runs=9, seeds=(1,))).until == 5
