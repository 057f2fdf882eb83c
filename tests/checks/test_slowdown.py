"""What times say: false alarms, slow-downs that are seen, and fixes that are none; simulated."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from improve.checks.slowdown import (
    Sample,
    compared,
    in_words,
    least_rounds,
    longer,
    repaired,
)
from improve.prompts import short_time

SURE = 0.999
ROUNDS = 12
Draw = Callable[[random.Random, int], float]


def quiet(draw: random.Random, _round: int) -> float:
    return draw.lognormvariate(0, 0.03)


def outliers(draw: random.Random, _round: int) -> float:
    return draw.lognormvariate(0, 0.05) * (draw.uniform(1.5, 4) if draw.random() < 0.08 else 1)


def two_speeds(draw: random.Random, _round: int) -> float:
    return draw.choice((1.0, 1.4)) * draw.lognormvariate(0, 0.01)


def drifting(draw: random.Random, number: int) -> float:
    """A machine that gets slower by the round, as a laptop that gets warm."""
    return (1 + number / 10) * draw.lognormvariate(0, 0.05)


MACHINES: list[Draw] = [quiet, outliers, two_speeds, drifting]


def side(
    draw: random.Random, machine: Draw, factor: float = 1.0, rounds: int = ROUNDS
) -> list[Sample]:
    taken = []
    for number in range(rounds):
        spent = 0.02 * factor * machine(draw, number)
        taken.append(Sample(spent, spent * draw.uniform(1.0, 1.1)))
    return taken


def verdict(seed: int, machine: Draw, factor: float) -> str:
    draw = random.Random(seed)
    good, again, other = (side(draw, machine, f) for f in (1.0, 1.0, factor))
    return compared(good, again, other, "0" * 40, SURE).decisive.verdict


@pytest.mark.parametrize("machine", MACHINES)
def test_without_a_difference_there_is_no_alarm(machine: Draw) -> None:
    said = [verdict(seed, machine, 1.0) for seed in range(300)]
    assert said.count("within_noise") >= 299, f"{300 - said.count('within_noise')} of 300 alarms"


@pytest.mark.parametrize("machine", MACHINES)
def test_without_the_noise_and_the_ranks_there_would_be_many(machine: Draw) -> None:
    """The control: means of the same times, judged by a threshold of 5 %."""
    wrong = 0
    for seed in range(300):
        draw = random.Random(seed)
        one, two = (sum(s.processor for s in side(draw, machine, rounds=3)) for _ in range(2))
        wrong += abs(two / one - 1) > 0.05
    assert wrong > 3, "these machines are so quiet that the test above shows nothing"


@pytest.mark.parametrize("machine", MACHINES)
def test_a_slow_down_is_seen_and_so_is_its_contrary(machine: Draw) -> None:
    assert all(verdict(seed, machine, 5.0) == "slower" for seed in range(20))
    assert all(verdict(seed, machine, 0.2) == "faster" for seed in range(20))


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_called_detectable_is_detected(machine: Draw) -> None:
    missed = 0
    for seed in range(100):
        draw = random.Random(seed)
        good, again, other = (side(draw, machine) for _ in range(3))
        shown = compared(good, again, other, "", SURE).timings[0]
        assert shown.low <= shown.ratio <= shown.high and shown.noise >= 1.02
        missed += verdict(seed + 1000, machine, shown.detectable) != "slower"
    assert missed <= 10, f"{missed} of 100 slow-downs of the detectable size were missed"


def test_a_program_that_waits_is_judged_by_the_clock() -> None:
    draw = random.Random(1)
    waits = [
        [Sample(1e-4 * draw.uniform(1, 9), spent * draw.uniform(1, 1.02)) for _ in range(ROUNDS)]
        for spent in (0.1, 0.1, 0.3)
    ]
    found = compared(*waits, "", SURE)
    assert (found.measure, found.decisive.verdict) == ("wall", "slower")
    assert found.sentence.startswith("Slower. Wall time: 10"), found.sentence


def test_more_work_side_by_side_is_no_slow_down() -> None:
    draw = random.Random(1)
    sides = [
        [Sample(p * quiet(draw, 0), w * quiet(draw, 0)) for _ in range(ROUNDS)]
        for p, w in ((1.0, 1.0), (1.0, 1.0), (1.5, 0.5))
    ]
    assert (compared(*sides, "", SURE).decisive.verdict) == "faster"


@pytest.mark.parametrize("machine", [quiet, outliers, two_speeds])
def test_fixes_and_what_is_none(machine: Draw) -> None:
    counted = {"right": 0, "none": 0, "half": 0, "passed": 0}
    for seed in range(100):
        draw = random.Random(seed)
        good, again, slow = (side(draw, machine, f) for f in (1.0, 1.0, 8.0))
        right, none, half = (side(draw, machine, f) for f in (1.0, 8.0, 3.0))
        for name, tried in (("right", right), ("none", none), ("half", half)):
            found = repaired(good, again, slow, tried, "processor", SURE)
            counted[name] += found.passed and not found.not_shown
            counted["passed"] += name == "right" and found.passed
    assert counted["none"] == counted["half"] == 0, counted
    assert counted["passed"] >= 99 and counted["right"] >= 90, counted


def test_a_small_slow_down_is_not_called_gone_without_showing_it() -> None:
    """12 % slower, and times so wide that a fix could have left half of it."""
    told = []
    for seed in range(40):
        draw = random.Random(seed)
        good, again, slow, half = (side(draw, quiet, f) for f in (1.0, 1.0, 1.12, 1.06))
        found = repaired(good, again, slow, half, "processor", SURE)
        told.append(found.not_shown if found.passed else "refused")
    assert all(told), f"{told.count('')} of 40 half fixes were taken for whole ones"
    assert any("may still take up to" in one for one in told)


def test_so_many_rounds_are_needed_and_no_more() -> None:
    assert [least_rounds(level) for level in (0.95, 0.99, 0.999, 0.9999)] == [4, 5, 7, 9]
    sides = ([Sample(s, s) for s in (spent,) * 7] for spent in (1.0, 1.0, 9.0, 1.0))
    good, again, slow, fixed = sides
    assert repaired(good, again, slow, fixed, "wall", SURE).passed
    few = repaired(good[:6], again[:6], slow[:6], fixed[:6], "wall", SURE)
    assert not few.passed and few.to_failing.verdict == "within_noise"


def test_in_words() -> None:
    draw = random.Random(4)
    found = compared(*(side(draw, quiet) for _ in range(3)), "", SURE).decisive
    said = in_words(found)
    assert said.startswith("Within noise. ") and said.endswith(
        " or more would most likely have been seen."
    )
    assert [longer(r) for r in (5.21, 1.12, 0.9)] == [
        "5.2 times as long", "12.0 % longer", "10.0 % shorter",
    ]  # fmt: skip
    assert [short_time(v) for v in (0.0123, 2.5)] == ["12.3 ms", "2.50 s"]
