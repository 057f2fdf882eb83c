"""Runs under one setting after the other, and what is known of each by now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from improve.checks import statistics
from improve.checks.stress import Stress, measuring
from improve.evidence import compare
from improve.records import CheckRun, Failure, Rate

LEAST_SECONDS = 5.0

Often = Callable[[Stress, float], CheckRun]


class Seen(NamedTuple):
    """What one setting showed: its rate, and the failure where most are the right one."""

    rate: Rate
    observed: Failure | None
    right: int  # failures of that kind

    @property
    def share(self) -> float:
        return self.rate.failures / max(1, self.rate.runs) if self.observed else 0.0

    @property
    def decisive(self) -> bool:
        return self.enough and self.rate.failures >= statistics.ENOUGH_FAILURES

    @property
    def decided_before(self) -> bool:
        """All forks of one process fail: it may be how strings hash there, so that is tried first."""
        return self.share == 1 and self.rate.how == "fork"

    @property
    def enough(self) -> bool:
        return self.observed is not None and self.rate.failures >= statistics.LEAST_FAILURES


@dataclass
class Tries:
    """What was tried so far, each setting with the last that is known of it.

    ``often`` runs the test for at most so many seconds; ``expected`` is what it has to fail with,
    ``hangs`` says that this may be a run that does not end; ``base`` is a setting without its name.
    """

    often: Often
    expected: Failure | None
    base: Stress
    left: Callable[[], float]
    hangs: bool = False
    rates: dict[str, Rate] = field(default_factory=dict)

    def look(
        self, amplifier: str, seconds: float, runs: int | None = None, first: int = 1
    ) -> Seen | None:
        """Run it under a setting; None when there is no time, or it cannot be run so."""
        stress = measuring(replace(self.base, amplifier=amplifier))
        stress = replace(stress, runs=runs or stress.runs, first=first)
        return self.ran(stress, seconds, keep=True)

    def ran(
        self, stress: Stress, seconds: float, how: str = "runs", keep: bool = False
    ) -> Seen | None:
        """Runs of it; ``keep`` them as what is known of that setting. ``how`` is told."""
        if self.left() < LEAST_SECONDS:
            return None
        if self.base.progress is not None:
            self.base.progress(f"{stress.amplifier}: {how}")
        run = self.often(stress, max(1.0, seconds))
        if run.rate is None or not run.complete:
            return None
        if stress.amplifier == "plain":
            self.hangs |= any(one.kind == "timeout" for one in run.failures)
        same = [one for one in run.failures if self.right(one)]
        alike = 2 * len(same) > len(run.failures)  # one cause may show itself in several ways
        seen = Seen(run.rate, same[0] if alike else None, len(same))
        if keep:
            self.known(seen)
        return seen

    def right(self, failure: Failure) -> bool:
        """Whether it is what is looked for: any, where nothing tells, but no hang of our making."""
        if self.expected is None:
            return self.hangs or failure.kind != "timeout"  # settings make runs slower
        return compare(self.expected, failure).same

    def known(self, seen: Seen) -> None:
        self.rates.pop(seen.rate.amplifier, None)  # the last one tried comes last
        self.rates[seen.rate.amplifier] = seen.rate
