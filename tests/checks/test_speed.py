"""Timing for real, in the sandbox; judged by verdicts at huge differences, never by seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.repositories import write

from improve.checks.baselines import Baselines
from improve.checks.pace import SHORT, Pace, run_paced
from improve.checks.slowdown import compared, least_rounds
from improve.checks.speed import Timed, failed, hot, interleaved, sample
from improve.records import CheckRun, TargetEnvironment

WORK = "def work():\n    return sum(n % 7 for n in range({}))\n"
CACHED = """\
DONE = {{}}

def work():
    if "it" not in DONE:
        DONE["it"] = sum(n % 7 for n in range({}))
    return DONE["it"]
"""
TESTS = """\
import os, time, pytest
from product import work

def test_work(): assert work() > 0
def test_fails(): assert work() == -1
def test_skipped(): pytest.skip("never")
def test_dies(): os._exit(0)
def test_hangs(): time.sleep(60)
"""
COMMAND = "python -c 'import product; product.work()'"
QUICK, SLOW = 20_000, 2_000_000
HERE = TargetEnvironment(
    python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
)


def tree(place: Path, times: int, form: str = WORK) -> Path:
    write(place, {"product.py": form.format(times), "test_p.py": TESTS})
    return place


def timed(test: str = "") -> Timed:
    return Timed(HERE, (f"test_p.py::{test}",)) if test else Timed(HERE, command=COMMAND)


@pytest.fixture
def trees(tmp_path: Path) -> Baselines:
    sizes = {"good": QUICK, "again": QUICK, "slow": SLOW}
    return Baselines(*(tree(tmp_path / name, size) for name, size in sizes.items()))


def test_what_is_much_slower_is_seen_to_be_by_turns(trees: Baselines) -> None:
    sides = dict(zip(("good", "again", "failing"), trees, strict=True))
    times = interleaved(sides, timed(), least_rounds(0.95), 200)
    assert [len(side) for side in times.values()] == [4, 4, 4]
    found = compared(times["good"], times["again"], times["failing"], "0" * 40, 0.95)
    assert found.decisive.verdict == "slower" and found.decisive.ratio > 1.5, found
    same = compared(times["good"], times["good"], times["again"], "0" * 40, 0.95)
    assert same.decisive.verdict == "within_noise", same


def paced(trees: Baselines, tree: Path, seconds: float = 200, **values: object) -> CheckRun:
    given = {"measure": "processor", "slowdown": 1.5, "confidence": 0.95, **values}
    return run_paced(tree, timed(), Pace(trees=lambda: trees, **given), seconds)  # type: ignore[arg-type]


@pytest.mark.nightly
def test_a_fix_is_fast_again_and_what_is_none_is_not(trees: Baselines, tmp_path: Path) -> None:
    right, none = tree(tmp_path / "right", QUICK), tree(tmp_path / "none", SLOW)
    assert paced(trees, right).ok
    refused = paced(trees, none)
    assert not refused.ok and refused.failures[0].error_type == "Slower", refused.log
    assert "times the processor time of the failing commit" in refused.log
    whole = paced(trees, right, whole=True)
    assert whole.ok and whole.repaired and whole.repaired.to_failing.verdict == "faster", whole.log
    assert "at the good commit" in whole.log


def test_without_time_enough_nothing_is_claimed(trees: Baselines) -> None:
    run = paced(trees, trees.good, seconds=0.5, whole=True)
    assert not run.ok and not run.complete and run.log == SHORT and not run.failures


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("test_fails", "test_p.py::test_fails: AssertionError: assert "),
        ("test_skipped", "no test ran to a pass"),
        ("test_nowhere", "not found"),
        ("test_dies", ""),
    ],
)
def test_what_is_no_good_run_says_why(trees: Baselines, test: str, told: str) -> None:
    one = sample(trees.good, timed(test), 1, 20)
    assert not one.passed and told in one.said, one


def test_what_hangs_is_ended_at_its_limit(trees: Baselines) -> None:
    one = sample(trees.good, timed("test_hangs"), 1, 1.0)
    assert not one.passed and one.wall == 0 and failed([one]), one


def test_a_cache_that_a_run_leaves_behind_makes_the_next_one_no_faster(tmp_path: Path) -> None:
    plain = sample(tree(tmp_path / "plain", SLOW), timed("test_work"), 1, 60)
    cached = sample(tree(tmp_path / "cached", SLOW, CACHED), timed("test_work"), 1, 60)
    assert plain.passed and cached.passed, (plain, cached)
    assert cached.processor > plain.processor / 5, "the second run found what the first one left"


def test_the_functions_that_became_slower_are_named(trees: Baselines) -> None:
    found = hot(trees.good, trees.failing, timed("test_work"), 60)
    assert found and found[0].place == "product.py:2 <genexpr>", found
    assert (found[0].good_calls, found[0].calls) == (QUICK + 1, SLOW + 1)
    assert hot(trees.good, trees.failing, timed(), 60) == ()
