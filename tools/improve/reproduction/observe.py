"""See a failure happen: how often, and whether it is the one that the log tells of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from improve.evidence import compare
from improve.records import CheckRun, Failure

SURE_RUNS = 3
SAID_RUNS = 10  # all of them fail in 1 of 1,000 cases at a rate of a half; three in 1 of 8
SAID_SHARE = 40  # a run that takes a fortieth of the time is not repeated so often
DOUBTFUL_RUNS = 20


@dataclass(frozen=True)
class Observation:
    """What some runs of the same check showed."""

    runs: int
    failed: int
    failure: Failure | None  # the first that matches, else the first at all
    matches: bool
    reason: str  # of the match, in words
    last: CheckRun

    @property
    def always(self) -> bool:
        return self.runs > 0 and self.failed == self.runs

    @property
    def sometimes(self) -> bool:
        return 0 < self.failed < self.runs


def observe(
    once: Callable[[], CheckRun],
    expected: Failure | None,
    *,
    left: Callable[[], float],
    suspected_flaky: bool = False,
    closer: bool = False,
    said: bool = False,
) -> Observation:
    """Run a check until it is clear whether it fails always, sometimes or never.

    Three equal runs are enough, unless it is ``suspected_flaky`` and nothing else will look closer:
    then, or when two runs differ, up to 20 runs give the rate (as far as the time goes).
    ``closer`` says that many runs follow anyway, each for a fraction of the time: then three are
    enough if one of them is the failure. ``said`` is the request's word that it is intermittent:
    three failures are no proof of the contrary, so there are ten before it is overruled.
    """
    seen: list[CheckRun] = []
    while len(seen) < DOUBTFUL_RUNS:
        if seen and left() < 2 * seen[-1].seconds + 1:
            break
        seen.append(once())
        mixed = len({_failed(run) for run in seen}) > 1
        mixed = mixed and not (closer and summarise(seen, expected).matches)
        doubted = said and _failed(seen[-1]) and SAID_SHARE * seen[-1].seconds < left()
        enough = SAID_RUNS if doubted else SURE_RUNS
        if len(seen) >= enough and not mixed and not (suspected_flaky and not _failed(seen[-1])):
            break
    return summarise(seen, expected)


def summarise(seen: Sequence[CheckRun], expected: Failure | None) -> Observation:
    """The runs as one observation."""
    failing = [run for run in seen if _failed(run)]
    best: Failure | None = None
    matches, reason = False, "it did not fail"
    for run in failing:
        for failure in run.failures:
            best = best or failure
            if expected is None:
                matches, reason = True, "no log to compare with"
                break
            match = compare(expected, failure)
            reason = match.reason
            if match.same:
                best, matches = failure, True
                break
        if matches:
            break
    if failing and best is None:
        reason = "the run failed without naming a failure"
    return Observation(len(seen), len(failing), best, matches, reason, seen[-1])


def _failed(run: CheckRun) -> bool:
    # A run that collected nothing or broke off before any test says nothing about the test; it
    # still is not a pass, and shows up as a failure without a match.
    return not run.ok and bool(run.failures)
