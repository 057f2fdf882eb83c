"""What runs prove: against exact fractions and published tables; ``test_calibration`` draws proofs."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.checks.statistics import (
    ENOUGH_FAILURES,
    bound,
    chance,
    interval,
    one_in,
    passes_needed,
    sentence,
)

A = 0.999


def exactly(failures: int, runs: int, passes: int) -> Fraction:
    """Fisher, one sided: all failures are among the first ``runs`` of all runs."""
    return Fraction(math.comb(runs, failures), math.comb(runs + passes, failures))


@given(st.integers(1, 60), st.integers(0, 400), st.integers(0, 3000))
def test_the_chance_is_fishers(failures: int, more: int, passes: int) -> None:
    expected = float(exactly(failures, failures + more, passes))
    assert chance(failures, failures + more, passes) == pytest.approx(expected, rel=1e-9)


@given(st.integers(1, 30), st.integers(0, 300), st.integers(0, 2000))
def test_more_passes_never_make_it_likelier(failures: int, more: int, passes: int) -> None:
    runs, rounding = failures + more, 1 + 1e-9
    assert chance(failures, runs, passes + 1) <= chance(failures, runs, passes) * rounding
    assert chance(failures, runs + 1, passes) * rounding >= chance(failures, runs, passes)


@given(st.integers(1, 20), st.integers(0, 300), st.sampled_from([0.9, 0.99, 0.999, 0.9999]))
def test_what_is_needed_is_enough_and_not_one_too_many(
    failures: int, more: int, asked: float
) -> None:
    runs = failures + more
    needed = passes_needed(failures, runs, asked)
    assert exactly(failures, runs, needed) <= Fraction(1 - asked) * (1 + Fraction(1, 10**9))
    assert exactly(failures, runs, needed - 1) > Fraction(1 - asked) * (1 - Fraction(1, 10**9))


@pytest.mark.parametrize(
    ("failures", "runs", "low", "high"),
    [  # Clopper and Pearson (1934) by R's binom.test
        (0, 10, 0.0, 0.3084971),
        (1, 10, 0.002528579, 0.4450161),
        (5, 10, 0.1870860, 0.8129140),
        (10, 10, 0.6915029, 1.0),
        (5, 100, 0.01643187, 0.1128349),
    ],
)
def test_the_interval_is_the_published_one(
    failures: int, runs: int, low: float, high: float
) -> None:
    assert interval(failures, runs) == pytest.approx((low, high), abs=2e-6)


def test_the_bound_after_passes_only() -> None:
    assert [round(100 * bound(n), 2) for n in (5, 100, 1000)] == [45.07, 2.95, 0.3]
    assert bound(0) == 1.0


@pytest.mark.parametrize("counts", [(-1, 5, 1), (6, 5, 1), (1, 5, -1)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="failures in"):
        chance(*counts)


def test_without_a_failure_before_nothing_can_be_shown() -> None:
    assert chance(0, 500, 10_000) == 1.0
    with pytest.raises(ValueError, match="0 failures"):
        passes_needed(0, 500, A)


def test_in_words() -> None:
    said = sentence(41, 100, 230)
    assert said.startswith("41 of 100 runs failed before, 0 of 230 after: if the bug were still")
    assert "less than 1 in 1,000,000" in said
    told = [one_in(p) for p in (0.5, 0.001, 0.0004, 0.3, 1e-9)]
    assert told == ["1 in 2", "1 in 1,000", "1 in 2,000", "1 in 3", "1 in 1,000,000"]


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1, 0.3, 0.7])
def test_even_without_the_floor_the_stated_confidence_holds(rate: float) -> None:
    """The exact probability, over every number of runs that five failures may take."""
    runs, likely, seen, total = ENOUGH_FAILURES, rate**ENOUGH_FAILURES, 0.0, 0.0
    while seen < 1 - 1e-6:
        total += likely * (1 - rate) ** passes_needed(ENOUGH_FAILURES, runs, A)
        seen += likely
        runs += 1
        likely *= (runs - 1) / (runs - ENOUGH_FAILURES) * (1 - rate)
    assert total + 1e-6 < 1 - A, f"{total:.3%} accepted at {rate:.1%}"
