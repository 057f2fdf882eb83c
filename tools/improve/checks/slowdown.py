"""What measured times say: slower, faster, or within this machine's noise. Pure.

All ratios are made of logarithms. The good commit is measured twice, as if it were two commits, in
the same rounds as the other one: what it differs from itself is the noise. A difference counts when
its whole interval lies beyond that noise. Two measures are looked at, so each has half of the error
that the request allows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from improve.checks import ranks
from improve.prompts import short_time
from improve.records.speed import Difference, Measure, Repaired, Speed, Timing

LEAST_NOISE = math.log(1.02)  # the place of code in memory alone moves times by some percent
NOISE_LEVEL = 0.95
MOSTLY_WAITING = 0.1  # below this share of the wall time, processor time tells nothing of it
LEFT_OVER = 0.25  # of the slow-down (as logarithm): a fix has to be shown to leave less
TINY = 1e-6  # seconds
MEASURES: tuple[Measure, Measure] = ("processor", "wall")


class Sample(NamedTuple):
    """One process: seconds of the processor and on the clock, and whether all was well."""

    processor: float
    wall: float
    passed: bool = True
    said: str = ""

    def log(self, measure: Measure) -> float:
        return math.log(max(TINY, self.processor if measure == "processor" else self.wall))


Side = Sequence[Sample]


def compared(good: Side, again: Side, other: Side, commit: str, confidence: float) -> Speed:
    """``other`` beside the good commit, which was measured twice.

    Raises: ValueError for an empty side.
    """
    level = 1 - (1 - confidence) / 2
    both = [*good, *again]
    timings = [
        timing(both, other, measure, level, noise(good, again, measure))
        for measure in _telling(both)
    ]
    found = _decisive(timings)
    return Speed(
        good=commit, measure=found.measure, timings=tuple(timings), sentence=in_words(found)
    )


def least_rounds(confidence: float) -> int:
    """With fewer no difference between two sides, however large, could reach ``confidence``."""
    return next(n for n in range(3, 40) if math.comb(2 * n, n) > 2 / (1 - confidence) or n == 39)


def _telling(side: Side) -> tuple[Measure, ...]:
    processor = statistics.median(one.processor for one in side)
    wall = statistics.median(one.wall for one in side)
    return MEASURES if processor >= MOSTLY_WAITING * wall else ("wall",)


def _decisive(timings: Sequence[Timing]) -> Timing:
    """The processor's time where it says something; else the clock's, which users wait for."""
    processor, wall = timings[0], timings[-1]
    if wall.verdict == "faster" and processor.verdict == "slower":
        return wall  # more work, done side by side
    return processor if processor.verdict != "within_noise" else wall


def noise(good: Side, again: Side, measure: Measure) -> float:
    """As a logarithm: how far the good commit may lie from itself."""
    low, high = ranks.interval(_logs(good, measure), _logs(again, measure), NOISE_LEVEL)
    return max(LEAST_NOISE, -low, high)


def timing(first: Side, second: Side, measure: Measure, level: float, margin: float) -> Timing:
    """The ratio of ``second`` to ``first``; ``margin`` is the noise, as a logarithm."""
    one, two = _logs(first, measure), _logs(second, measure)
    low, high = ranks.interval(one, two, level)
    verdict: Difference = "slower" if low > margin else "within_noise"
    verdict = "faster" if high < -margin else verdict
    return Timing(
        measure=measure,
        first=math.exp(statistics.median(one)),
        second=math.exp(statistics.median(two)),
        runs=len(second),
        ratio=math.exp(ranks.shift(one, two)),
        low=_ratio(low),
        high=_ratio(high),
        level=level,
        noise=_ratio(margin),
        chance=ranks.chance(one, two),
        # Half an interval so that the lower end clears the noise; as much again, twice, for days on
        # which the times lie otherwise (tests/checks/test_slowdown.py has machines of all kinds).
        detectable=_ratio(margin + 1.5 * (high - low)),
        verdict=verdict,
    )


def repaired(
    good: Side, again: Side, failing: Side, fixed: Side, measure: Measure, confidence: float
) -> Repaired:
    """A fix beside both commits. Raises: ValueError for an empty side."""
    margin = noise(good, again, measure)
    to_failing = timing(failing, fixed, measure, confidence, margin)
    to_good = timing([*good, *again], fixed, measure, confidence, margin)
    passed = to_failing.verdict == "faster" and to_good.verdict != "slower"
    slowdown = ranks.shift(_logs([*good, *again], measure), _logs(failing, measure))
    allowed = _ratio(max(margin, LEFT_OVER * slowdown))
    not_shown = ""
    if passed and to_good.high > allowed:
        not_shown = f"it may still take up to {longer(to_good.high)} than the good commit"
    told = (
        f"With the fix it takes {short_time(to_good.second)} ({_name(measure)} time); "
        f"{short_time(to_failing.first)} without, {short_time(to_good.first)} at the good commit. "
        f"Beside the good commit: {longer(to_good.ratio)} ({_range(to_good)})."
    )
    return Repaired(
        to_failing=to_failing, to_good=to_good, passed=passed, sentence=told, not_shown=not_shown
    )


def in_words(found: Timing) -> str:
    """What was seen, for people."""
    times = f"{short_time(found.first)} at the good commit, {short_time(found.second)} now"
    seen = f"{_name(found.measure).capitalize()} time: {times}; {longer(found.ratio)} ({_range(found)})"
    if found.verdict != "within_noise":
        return f"{found.verdict.capitalize()}. {seen}."
    return (
        f"Within noise. {seen}. The good commit differs from itself by up to "
        f"{100 * (found.noise - 1):.1f} %; a slow-down of {_percent(found.detectable)} or more "
        "would most likely have been seen."
    )


def longer(ratio: float) -> str:
    """'5.2 times as long' or '12.0 % longer'."""
    if ratio >= 2:
        return f"{ratio:.1f} times as long"
    return f"{100 * abs(ratio - 1):.1f} % {'longer' if ratio >= 1 else 'shorter'}"


def _range(found: Timing) -> str:
    return f"a ratio of {found.low:.2f} to {found.high:.2f}, at {100 * found.level:.5g} %"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):.0f} %"


def _name(measure: Measure) -> str:
    return "processor" if measure == "processor" else "wall"


def _logs(side: Side, measure: Measure) -> list[float]:
    return [one.log(measure) for one in side]


def _ratio(log: float) -> float:
    # JSON has no infinity: where the runs are too few to tell, the ends are far away.
    return math.exp(max(-20.0, min(20.0, log)))
