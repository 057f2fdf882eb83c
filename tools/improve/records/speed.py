"""How long something takes, at two commits or with a fix: measured side by side."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Record

Measure = Literal["processor", "wall"]
Difference = Literal["slower", "faster", "within_noise"]


class Timing(Record):
    """One measure of two sides, as a ratio: above 1 the second side takes longer."""

    measure: Measure
    first: float = Field(description="Median seconds of the first side.")
    second: float = Field(description="Median seconds of the second side.")
    runs: int = Field(description="Of the second side; the good commit has twice as many.")
    ratio: float
    low: float = Field(description="The ratio lies above this, by `level`.")
    high: float = Field(description="The ratio lies below this, by `level`.")
    level: float
    noise: float = Field(description="Up to this ratio the good commit differs from itself.")
    chance: float = Field(description="Of such a difference if there were none (Mann-Whitney).")
    detectable: float = Field(description="From here on it would be seen nine times of ten.")
    verdict: Difference


class Hot(Record):
    """A function that takes longer than it did at the good commit; times with the profiler on."""

    place: str = Field(description="'path:line function', or a built-in one.")
    good_seconds: float = Field(description="In the function itself, without what it calls.")
    seconds: float
    good_calls: int
    calls: int


class Speed(Record):
    """The commit that is said to be slower beside the one that it is said to be slower than."""

    good: str = Field(description="Commit of `slower-than`.")
    measure: Measure = Field(description="The measure that decided.")
    timings: tuple[Timing, ...]
    sentence: str
    hot: tuple[Hot, ...] = ()
    seconds: float = 0

    @property
    def decisive(self) -> Timing:
        """The timing that decided."""
        return next(one for one in self.timings if one.measure == self.measure)


class Repaired(Record):
    """A fix beside the failing commit and beside the good one."""

    to_failing: Timing = Field(description="First side: the failing commit; second: with the fix.")
    to_good: Timing = Field(description="First side: the good commit; second: with the fix.")
    passed: bool = Field(description="Faster than the failing commit, not slower than the good.")
    sentence: str
    not_shown: str = Field("", description="What these runs do not show, in words; '' is nothing.")
