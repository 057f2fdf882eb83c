"""Ranks: against every rearrangement, published tables, and what has to hold for any numbers."""

from __future__ import annotations

import itertools
import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improve.checks.ranks import chance, interval, shift


def by_rearranging(first: list[float], second: list[float]) -> float:
    """The two-sided chance, by counting all ways to divide the numbers."""
    pooled, n = [*first, *second], len(first)

    def off(chosen: tuple[int, ...]) -> float:
        rest = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        u = sum((b > pooled[i]) + 0.5 * (b == pooled[i]) for i in chosen for b in rest)
        return abs(u - n * (len(pooled) - n) / 2)

    seen = off(tuple(range(n)))
    ways = list(itertools.combinations(range(len(pooled)), n))
    return sum(off(one) >= seen - 1e-9 for one in ways) / len(ways)


NUMBERS = st.lists(st.floats(-9, 9), min_size=6, max_size=9, unique=True)


@given(NUMBERS, st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_the_chance_is_that_of_all_rearrangements(pooled: list[float], n: int) -> None:
    first, second = pooled[:n], pooled[n:]
    assert chance(first, second) == pytest.approx(by_rearranging(first, second), abs=1e-12)


def test_with_ties_it_is_near_that_of_all_rearrangements() -> None:
    first, second = [1.0, 1, 2, 2, 3, 3, 4], [3.0, 4, 4, 5, 5, 6, 6]
    assert chance(first, second) == pytest.approx(by_rearranging(first, second), abs=0.006)
    assert chance([1.0] * 9, [1.0] * 9) == 1.0


def test_the_chance_of_published_numbers() -> None:
    """Hollander and Wolfe, table 4.1: permeability of the membranes, W = 30; two-sided 0.2544."""
    at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    early = [1.15, 0.88, 0.90, 0.74, 1.21]
    assert chance(at_term, early) == pytest.approx(0.2544, abs=5e-5)
    assert shift(at_term, early) == pytest.approx(-0.305, abs=5e-4)
    low, high = interval(at_term, early, 0.96)  # theirs: (-0.15, 0.76) the other way round
    assert (round(-high, 2), round(-low, 2)) == (-0.15, 0.76)


@given(NUMBERS, NUMBERS, st.floats(-5, 5))
@settings(deadline=None)
def test_what_moves_one_side_moves_shift_and_interval(
    one: list[float], two: list[float], by: float
) -> None:
    moved = [number + by for number in two]
    assert shift(one, moved) == pytest.approx(shift(one, two) + by, abs=1e-9)
    low, high = interval(one, two, 0.9)
    assert low <= shift(one, two) <= high
    assert interval(one, moved, 0.9) == pytest.approx((low + by, high + by), abs=1e-9)
    wider = interval(one, two, 0.99)
    assert wider[0] <= low and high <= wider[1]
    swapped = interval(two, one, 0.9)
    assert swapped == pytest.approx((-high, -low))


@pytest.mark.parametrize("sizes", [(7, 7), (14, 7), (24, 12)])
def test_the_interval_covers_as_often_as_it_says(sizes: tuple[int, int]) -> None:
    draw = random.Random(3)
    missed = 0
    for _ in range(2000):
        one = [draw.lognormvariate(0, 0.5) for _ in range(sizes[0])]
        two = [draw.lognormvariate(0, 0.5) + 0.25 for _ in range(sizes[1])]
        low, high = interval(one, two, 0.9)
        missed += not low <= 0.25 <= high
    assert missed <= 2000 * 0.1 + 3 * math.sqrt(2000 * 0.1 * 0.9), f"{missed} of 2000 missed at 0.9"


def test_too_few_numbers_tell_nothing_and_that_is_told() -> None:
    assert interval([1.0], [9.0], 0.999) == (-math.inf, math.inf)
    assert statistics.median([1.0]) == 1.0 and shift([1.0], [9.0]) == 8.0
    with pytest.raises(ValueError, match="0 and 1 measurements"):
        chance([], [1.0])
    with pytest.raises(ValueError, match="level"):
        interval([1.0], [1.0], 1.0)
