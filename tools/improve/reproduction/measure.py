"""How often does an intermittent test fail, and what makes it fail more often?

The plain rate first: where it is high enough, nothing needs to be perturbed. Then a short look at
each amplifier, the likely ones first. One that seems to move the rate is chosen, and then runs and
plain ones beside them are made anew (``beside``): only if these differ the search ends with it.
Else what fails plainly is taken as it is; what was never seen to fail plainly, under the setting
that shows it, without a claim that it is the cause. That is what a fix is then proven under, so
only failures with the log's own signature count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from improve.checks.fisher import more_often
from improve.checks.stress import Stress, measuring
from improve.evidence.cause import SURE
from improve.records import Comparison, Failure, Rate
from improve.reproduction import beside
from improve.reproduction.tries import Often, Seen, Tries

SHORTEST_LIMIT, LONGEST_LIMIT = 5.0, 60.0  # seconds of one run
HANGS, KNOWN_RUNS = 50.0, 20  # times as long as a plain run, once so many of those were seen
SHARE = 0.4  # of the time that is left, for a setting that has shown the failure
PLAIN_RUNS, PLAIN_SHARE = 400, 0.1  # a rate below one in a hundred takes too long to prove
EASY, BETTER = 0.1, 3.0  # a plain rate to be content with; else a setting has to beat it so far
PROMISING = 0.1  # what so seldom comes by chance, beside plain runs, is asked further at once
ROUNDS = ((40, 0.4), (400, 0.6), (4000, 0.8))  # runs of each setting, share of the time for all
RESERVE = 0.25  # of the time stays for what comes next: a test to lay down, or an agent to ask
LOOKING_SEEDS = 500_001  # what was chosen for its failures is measured with other seeds
AGAIN, BESIDE = "new runs, with other seeds", "new runs, to compare with"
APART, ALWAYS = "new runs, an interpreter each", 5  # failures of them, to be told from one draw


class Measured(NamedTuple):
    """All that was tried, and the setting under which the failure can be had (None: under none)."""

    rates: tuple[Rate, ...]
    stress: Stress | None
    observed: Failure | None
    compared: Comparison | None = None  # the setting, beside plain runs made after it was chosen


def measure(
    often: Often,
    expected: Failure | None,
    candidates: Sequence[str],
    once_seconds: float,
    left: Callable[[], float],
    progress: Callable[[str], None],
    hangs: bool = False,
) -> Measured:
    """Try settings as long as the time goes.

    ``often`` runs the test under a setting for at most so many seconds; ``expected`` is what it
    has to fail with; ``candidates`` are settings, likely ones first; ``once_seconds`` is what one
    plain run takes; ``hangs`` says that the failure may be a run that does not end.
    """
    limit = min(LONGEST_LIMIT, max(SHORTEST_LIMIT, 5 * once_seconds))
    kept = RESERVE * left()
    first = Stress(limit=limit, progress=progress)
    tries = Tries(often, expected, first, lambda: left() - kept, hangs)
    plain = tries.look("plain", PLAIN_SHARE * left(), PLAIN_RUNS)
    if plain is None or (plain.enough and plain.share >= EASY and not plain.decided_before):
        return measured(tries, plain)
    tries.base = replace(tries.base, limit=limit_after(plain.rate, limit))
    return Search(tries, plain).among(tuple(candidates))


def limit_after(plain: Rate, limit: float) -> float:
    """Seconds after which a run hangs, now that it is known what a plain one takes.

    Until then it was known with the start of an interpreter only, and each run that hangs costs
    the whole limit: five of them may be all the time that there is.
    """
    if plain.runs < KNOWN_RUNS:
        return limit
    return min(limit, max(SHORTEST_LIMIT, HANGS * plain.seconds / plain.runs))


def far_better(found: Comparison) -> bool:
    """No luck, and no small matter: what slows a run down a little moves many a rate a little."""
    one, other = found.setting, found.plain
    return found.chance <= SURE and one.failures * other.runs >= BETTER * other.failures * one.runs


def worth(seen: Seen) -> float:
    """Its share of failures; what needs no perturbing is told more easily, and proves more."""
    return seen.share * (BETTER if seen.rate.amplifier == "plain" else 1.0)


def measured(tries: Tries, seen: Seen | None, compared: Comparison | None = None) -> Measured:
    """With the setting of ``seen`` last; without one, all that was tried."""
    if seen is None or not seen.enough:
        return Measured(tuple(tries.rates.values()), None, None)
    tries.known(seen)
    stress = measuring(replace(tries.base, amplifier=seen.rate.amplifier))
    return Measured(tuple(tries.rates.values()), stress, seen.observed, compared)


@dataclass
class Search:
    """For a setting under which it fails far more often than plainly, of which ``plain`` is known."""

    tries: Tries
    plain: Seen
    places: int = 0  # comparisons that were begun
    unsure: tuple[Seen, Comparison | None] | None = None  # it failed, which may be by chance

    def among(self, settings: tuple[str, ...]) -> Measured:
        """Look at all, longer each time, until a choice is confirmed or the time goes."""
        plain = self.plain
        waiting = [plain] if plain.share and not plain.decided_before else []
        if plain.decided_before:
            settings = tuple(sorted(settings, key=lambda one: one != "hash-seed"))
        at_once: set[str] = set()  # once each: the others shall have their turn
        for runs, share in ROUNDS:
            shown, there = list(waiting), []
            for seen in self.looks(settings, runs, share):
                there.append(seen.rate.amplifier)
                if self.promising(seen) and seen.rate.amplifier not in at_once:
                    at_once.add(seen.rate.amplifier)
                    found = self.confirmed(seen)
                    if found is not None:
                        return found
                elif seen.share:
                    shown.append(seen)
            settings = tuple(there)
            for best in sorted(shown, key=worth, reverse=True):
                found = self.confirmed(best)
                if found is not None:
                    return found
        if plain.decided_before:
            each = self.apart(replace(self.tries.base, amplifier="plain", until=ALWAYS))
            return measured(self.tries, plain if each is not None and each.share == 1 else None)
        return measured(self.tries, *(self.unsure or (None, None)))

    def looks(self, settings: Sequence[str], runs: int, share: float) -> Iterator[Seen]:
        """A look at each that can be had here; what one does not need is left to the others."""
        left = self.tries.left
        rest = (1 - share) * left()
        for place, setting in enumerate(settings):
            seconds = (left() - rest) / (len(settings) - place)
            seen = self.tries.look(setting, seconds, runs, LOOKING_SEEDS)
            if seen is not None:
                before = left()
                yield seen
                rest *= left() / max(before, 1e-9)  # what was done with it took time as well

    def promising(self, seen: Seen) -> bool:
        """Whether it seems to fail at another rate than plain runs."""
        found, known = seen.rate, self.plain.rate
        if self.plain.decided_before:
            return seen.enough and seen.share < 1
        counts = (found.failures, found.runs, known.failures, known.runs)
        return bool(seen.share) and found.failures > 1 and more_often(*counts) <= PROMISING

    def confirmed(self, chosen: Seen) -> Measured | None:
        """What ends the search: the setting that was chosen, if runs made anew bear it out."""
        tries, plain, setting = self.tries, self.plain, chosen.rate.amplifier
        if setting == "plain":
            again = tries.look(setting, SHARE * tries.left())
            return measured(tries, again) if again is not None and again.enough else None
        if plain.decided_before and chosen.share == 1:
            return None  # so do plain runs
        self.places = min(self.places + 1, beside.MOST_COMPARISONS)
        stress = replace(tries.base, amplifier=setting)
        stress = beside.under_setting(stress, plain.rate, self.places)
        again = tries.ran(stress, SHARE * tries.left(), AGAIN, keep=True)
        if again is None and chosen.enough and not chosen.decided_before:
            self.unsure = self.unsure or (chosen, None)  # no time: it is known by its look alone
        if again is None or not again.enough:
            return None
        found = self.compared(again, stress)
        if found is not None and (plain.decided_before or far_better(found)):
            return measured(tries, again, found)
        drawn = again.decided_before and (not found or found.setting.failures < found.setting.runs)
        if not drawn and (self.unsure is None or (found and self.unsure[0].share < again.share)):
            self.unsure = again, found
        return None

    def apart(self, stress: Stress) -> Seen | None:
        """The same runs, each a new interpreter; None where too few fail, or time is short."""
        stress = replace(stress, processes=True)
        each = self.tries.ran(stress, SHARE * self.tries.left(), APART)
        return each if each is not None and each.enough else None

    def compared(self, again: Seen, stress: Stress) -> Comparison | None:
        """Beside plain runs that are made now; None where they would tell nothing, or late.

        Of the setting the right failures alone count, of the plain runs all. Where all forks of one
        process fail, a number drawn at import may have decided it for all of them: then each run is
        a new interpreter, on both sides.
        """
        tries, known, apart = self.tries, self.plain.rate, again.decided_before
        if apart:
            each = self.apart(stress)
            if each is None:
                return None
            again = each
        found = again.rate.model_copy(update={"failures": again.right})
        base = replace(tries.base, processes=apart)
        plainly = beside.plainly(base, found, known, self.places)
        if plainly is None:
            return None
        seen = tries.ran(plainly, SHARE * tries.left(), BESIDE)
        return None if seen is None else beside.compared(found, seen.rate, known, self.places)
