"""How many runs a share makes, with which seeds, and which of its failures count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from improve.checks import shards
from improve.checks.stress import Stress
from improve.records import CheckRun, Failure, Rate
from improve.reproduction.share import MOST_BY_PILOT, PILOT_RUNS, Asked, Seen, Share, most

RIGHT = Failure(error_type="AssertionError", message="assert 1 == 2", signature="right")
OTHER = Failure(error_type="OSError", message="no route to host", signature="other")


def run_of(
    stress: Stress, runs: int, seconds: float, failures: tuple[Failure, ...] = ()
) -> CheckRun:
    seeds = tuple(range(stress.first, stress.first + len(failures)))
    rate = Rate(amplifier=stress.amplifier, failures=len(failures), runs=runs, seeds=seeds,
                seconds=seconds)  # fmt: skip
    return CheckRun(command=(), returncode=0, complete=True, seconds=seconds, failures=failures,
                    rate=rate)  # fmt: skip


@dataclass
class Timed:
    """A check of which each run takes ``each`` seconds, and a start two."""

    each: float
    asked: list[Stress] = field(default_factory=list)

    def often(self, _tree: Path, stress: Stress, seconds: float) -> CheckRun:
        self.asked.append(stress)
        made = min(stress.runs, max(1, int((seconds - 2) / self.each)))
        return run_of(stress, made, 2 + made * self.each)


def share(check: Timed, **asked: Any) -> Share:
    voice = SimpleNamespace(progress=lambda _text: None, run=Path("nowhere"))
    work: Any = SimpleNamespace(left=lambda: 300.0, context=voice)
    found: Any = check
    return Share(work, found, Asked(shard=3, shards=8, **asked), start=2.0)


TREE: Any = SimpleNamespace(path=Path())


@pytest.mark.parametrize(
    ("each", "least", "at_most"), [(5.0, 25, 60), (0.1, 1500, 2800), (0.001, 5000, 5000)]
)
def test_a_pilot_decides_how_many_runs_fit_and_is_not_counted(
    each: float, least: int, at_most: int
) -> None:
    check = Timed(each)
    seen = share(check).series(TREE, "plain", 300.0, shards.BEFORE)
    assert least <= seen.planned <= at_most <= MOST_BY_PILOT
    pilot, counted = check.asked
    assert pilot.runs == PILOT_RUNS and counted.runs == seen.planned
    assert seen.run.rate is not None and seen.run.rate.runs == seen.planned, "the time cut it short"
    seeds = set(range(counted.first, counted.first + counted.runs))
    assert not seeds & set(range(pilot.first, pilot.first + pilot.runs))


def test_no_run_is_left_out_because_of_what_the_ones_before_showed() -> None:
    check = Timed(0.01)
    share(check, runs=70).series(TREE, "plain", 300.0, shards.AFTER)
    (counted,) = check.asked
    assert counted.runs == 70, "with a number that was given there is no pilot"
    assert counted.until > counted.runs, "a failure would end the runs of this share"
    assert counted.first == 3 * shards.BLOCK + shards.AFTER


def test_each_setting_has_an_equal_part_of_the_time_and_seeds_for_looking() -> None:
    check = Timed(0.01)
    share(check, runs=10).looked(TREE, ("plain", "zone"))
    assert [one.amplifier for one in check.asked] == ["plain", "zone"]
    assert {one.first for one in check.asked} == {3 * shards.BLOCK + shards.LOOKING}


def test_where_the_time_is_short_the_first_settings_have_it() -> None:
    check = Timed(0.01)
    short = replace(
        share(check, runs=10), start=8.0
    )  # 300 s are eight starts and five seconds for four settings
    short.looked(TREE, ("plain", "zone", "clock", "locale", "workers", "hash-seed"))
    assert [one.amplifier for one in check.asked] == ["plain", "zone", "clock", "locale"]


def test_only_failures_of_the_kind_that_was_seen_most_count_before() -> None:
    run = run_of(Stress(first=5), 50, 1.0, (OTHER, RIGHT, RIGHT))
    seen = [Seen(50, run)]
    assert most(seen) == RIGHT and most([Seen(50, run_of(Stress(), 50, 1.0))]) is None
    counted = seen[0].counted(most(seen))
    assert (counted.rate.failures, counted.others, counted.rate.runs) == (2, 1, 50)
    assert seen[0].counted(None).rate.failures == 3, "with a fix a failure of any kind is one"


def test_what_could_not_be_run_is_not_complete() -> None:
    run = run_of(Stress(), 0, 1.0)
    assert not Seen(5, replace_run(run, complete=False)).complete
    assert not Seen(5, replace_run(run, rate=None)).complete


def replace_run(run: CheckRun, **fields: Any) -> CheckRun:
    return run.model_copy(update=fields)


def test_a_seed_counts_as_replayed_once_however_many_runs_keep_it_company() -> None:
    """Else what one share runs too often would hide what another has not run at all."""
    known = Rate(amplifier="workers", failures=3, runs=9, seeds=(5, 6, 7))
    assert share(Timed(0.01)).replayed(TREE, known) == (3, 0)
    assert share(Timed(1000.0)).replayed(TREE, known) == (1, 0), "the time was up"
    assert share(Timed(0.01)).replayed(TREE, known.model_copy(update={"seeds": ()})) == (0, 0)
