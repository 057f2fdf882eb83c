"""How often does an intermittent test fail, and what makes it fail more often?

The plain rate first: where it is high enough, nothing needs to be perturbed. Then a short look at
each amplifier, the likely ones first; the first that moves the rate, else those under which it
failed, go on until five failures, the best first; if there is none, all get a longer look. The
setting that is found is what a fix is then proven under, so only failures with the log's own
signature count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from improve.checks import statistics
from improve.checks.fisher import more_often
from improve.checks.stress import Stress, measuring
from improve.evidence import compare
from improve.records import CheckRun, Failure, Rate

SHORTEST_LIMIT, LONGEST_LIMIT = 5.0, 60.0  # seconds of one run
HANGS, KNOWN_RUNS = 50.0, 20  # times as long as a plain run, once so many of those were seen
SHARE = 0.4  # of the time that is left, for a setting that has shown the failure
PLAIN_RUNS, PLAIN_SHARE = 400, 0.1  # a rate below one in a hundred takes too long to prove
EASY, BETTER = 0.1, 3.0  # a plain rate to be content with; else a setting has to beat it so far
PROMISING = 0.1  # what so seldom comes by chance, beside plain runs, is asked further at once
ROUNDS = ((40, 0.4), (400, 0.6), (4000, 0.8))  # runs of each setting, share of the time for all
RESERVE = 0.25  # of the time stays for what comes next: a test to lay down, or an agent to ask
LOOKING_SEEDS = 500_001  # what was chosen for its failures is measured with other seeds
LEAST_SECONDS = 5.0

Often = Callable[[Stress, float], CheckRun]


class Measured(NamedTuple):
    """All that was tried, and the setting under which the failure can be had (None: under none)."""

    rates: tuple[Rate, ...]
    stress: Stress | None
    observed: Failure | None


class Seen(NamedTuple):
    """What one setting showed: its rate, and the failure where most are the right one."""

    rate: Rate
    observed: Failure | None

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


def measure(
    often: Often,
    expected: Failure | None,
    candidates: Sequence[str],
    once_seconds: float,
    left: Callable[[], float],
    progress: Callable[[str], None],
) -> Measured:
    """Try settings as long as the time goes.

    ``often`` runs the test under a setting for at most so many seconds; ``expected`` is what it
    has to fail with; ``candidates`` are settings, likely ones first; ``once_seconds`` is what one
    plain run takes.
    """
    limit = min(LONGEST_LIMIT, max(SHORTEST_LIMIT, 5 * once_seconds))
    kept = RESERVE * left()
    tries = Tries(often, expected, Stress(limit=limit, progress=progress), lambda: left() - kept)
    plain = tries.look("plain", PLAIN_SHARE * left(), PLAIN_RUNS)
    if plain is None or (plain.enough and plain.share >= EASY and not plain.decided_before):
        return tries.result(plain)
    tries.base = replace(tries.base, limit=limit_after(plain.rate, limit))
    shown = [plain] if plain.share and not plain.decided_before else []
    open_ones = tuple(candidates)
    if plain.decided_before:
        open_ones = tuple(sorted(open_ones, key=lambda one: one != "hash-seed"))
    for runs, share in ROUNDS:
        seen, open_ones = tries.round(open_ones, runs, share)
        if seen and seen[-1].decisive:
            return tries.result(seen[-1])
        for best in sorted([*shown, *seen], key=worth, reverse=True):
            again = tries.look(best.rate.amplifier, SHARE * tries.left())
            if again is not None and again.enough:
                return tries.result(again)
    return tries.result(plain if plain.decided_before else None)


def limit_after(plain: Rate, limit: float) -> float:
    """Seconds after which a run hangs, now that it is known what a plain one takes.

    Until then it was known with the start of an interpreter only, and each run that hangs costs
    the whole limit: five of them may be all the time that there is.
    """
    if plain.runs < KNOWN_RUNS:
        return limit
    return min(limit, max(SHORTEST_LIMIT, HANGS * plain.seconds / plain.runs))


def worth(seen: Seen) -> float:
    """Its share of failures; what needs no perturbing is told more easily, and proves more."""
    return seen.share * (BETTER if seen.rate.amplifier == "plain" else 1.0)


@dataclass
class Tries:
    """What was tried so far, each setting with the last that is known of it."""

    often: Often
    expected: Failure | None
    base: Stress
    left: Callable[[], float]
    rates: dict[str, Rate] = field(default_factory=dict)
    asked_further: set[str] = field(default_factory=set)

    def round(
        self, settings: Sequence[str], runs: int, share: float
    ) -> tuple[list[Seen], tuple[str, ...]]:
        """A look at each setting: those that showed the failure, and those that can be had here.

        Ends with the first that is decisive or promising. What one does not need is left to the
        others.
        """
        shown: list[Seen] = []
        there: list[str] = []
        rest = (1 - share) * self.left()
        for place, setting in enumerate(settings):
            seconds = (self.left() - rest) / (len(settings) - place)
            seen = self.look(setting, seconds, runs, LOOKING_SEEDS)
            if seen is not None:
                there.append(setting)
                shown += [seen] if seen.share else []
                if seen.decisive:
                    break
                if self.promising(seen) and setting not in self.asked_further:
                    self.asked_further.add(setting)  # once: the others shall have their turn
                    there += settings[place + 1 :]
                    break
        return shown, tuple(there)

    def promising(self, seen: Seen) -> bool:
        """Whether it only had no time to fail often enough."""
        plain, found = self.rates["plain"], seen.rate
        counts = (found.failures, found.runs, plain.failures, plain.runs)
        return bool(seen.share) and found.failures > 1 and more_often(*counts) <= PROMISING

    def look(
        self, amplifier: str, seconds: float, runs: int | None = None, first: int = 1
    ) -> Seen | None:
        """Run it under a setting; None when there is no time, or it cannot be run so."""
        if self.left() < LEAST_SECONDS:
            return None
        stress = measuring(replace(self.base, amplifier=amplifier))
        run = self.often(replace(stress, runs=runs or stress.runs, first=first), max(1.0, seconds))
        if run.rate is None or not run.complete:
            return None
        self.rates.pop(amplifier, None)  # the last one tried comes last
        self.rates[amplifier] = run.rate
        same = [
            one for one in run.failures if self.expected is None or compare(self.expected, one).same
        ]
        alike = 2 * len(same) > len(run.failures)  # one cause may show itself in several ways
        return Seen(run.rate, same[0] if alike else None)

    def result(self, seen: Seen | None) -> Measured:
        rates = tuple(self.rates.values())
        if seen is None or not seen.enough:
            return Measured(rates, None, None)
        stress = measuring(replace(self.base, amplifier=seen.rate.amplifier))
        return Measured(rates, stress, seen.observed)
