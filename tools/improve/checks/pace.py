"""A check that passes when a tree is fast again: beside the failing commit and the good one.

Every look is a measurement of its own, with both commits in fresh checkouts, so neither the load of
the machine nor what ran in a tree before decides. A glance comes first: some rounds beside the
failing commit alone. What has not lost half of the slow-down there is not measured any longer; and
of a large slow-down a glance tells enough for everything but the proof.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from improve.checks import ranks, slowdown
from improve.checks.baselines import Baselines
from improve.checks.speed import MAY_FAIL, MOST_ROUNDS, Timed, Times, failed, interleaved, untimed
from improve.evidence import signature
from improve.records import CheckRun, Failure
from improve.records.speed import Measure, Repaired

GLANCE_ROUNDS = 3
LARGE = math.log(2)
SHORT = "the time did not allow rounds enough to tell a slow-down from noise"
SLOWER = "Slower"  # the error's name in the evidence


@dataclass(frozen=True)
class Pace:
    """What a tree has to be as fast as."""

    measure: Measure
    slowdown: float  # of the failing commit beside the good one, as a logarithm
    confidence: float
    trees: Callable[[], Baselines]
    whole: bool = False  # measure in full, whatever a glance says: for the proof
    progress: Callable[[str], None] | None = None


def run_paced(tree: Path, timed: Timed, pace: Pace, seconds: float) -> CheckRun:
    """Is ``tree`` fast again? Takes at most about ``seconds``. Raises: nothing for a slow tree."""
    began = time.monotonic()
    trees = pace.trees()
    sides = {"failing": trees.failing, "tree": tree}
    if not pace.whole:
        times = interleaved(sides, timed, GLANCE_ROUNDS, seconds / 2)
        told = failed(times["tree"]) or _not_even_faster(times, pace)
        if told or (pace.slowdown >= LARGE and all(len(side) > 1 for side in times.values())):
            return _result(timed, began, told, None, bool(failed(times["tree"])))
    sides = {"good": trees.good, "again": trees.again, **sides}
    left = seconds - (time.monotonic() - began)
    times = interleaved(sides, timed, _rounds(pace), left, pace.progress)
    found, wrong = _repaired(times, pace), failed(times["tree"])
    if found is None and not wrong:
        return _result(timed, began, "", None, wrong=False, complete=False)
    slow = found is not None and not found.passed
    told = message(pace.measure, found.to_good.ratio) if found and slow else wrong
    return _result(timed, began, told, found, bool(wrong))


def _rounds(pace: Pace) -> int:
    # From what was measured before, never from the times at hand: that would favour a result.
    least = slowdown.least_rounds(pace.confidence)
    return least if pace.slowdown >= LARGE or not pace.whole else max(least, MOST_ROUNDS)


def _not_even_faster(times: Times, pace: Pace) -> str:
    one, two = ([s.log(pace.measure) for s in times[name]] for name in (MAY_FAIL, "tree"))
    if not (one and two) or untimed(times[MAY_FAIL]):
        return ""  # the time is short: the look in full says so
    if ranks.shift(one, two) < -max(slowdown.LEAST_NOISE, pace.slowdown / 2):
        return ""
    return message(pace.measure, math.exp(ranks.shift(one, two)), "failing")


def _repaired(times: Times, pace: Pace) -> Repaired | None:
    """None where the time did not allow rounds enough, or a side is no good run."""
    least = slowdown.least_rounds(pace.confidence)
    if any(len(side) < least or untimed(side) for side in times.values()):
        return None
    if any(failed(side) for name, side in times.items() if name != MAY_FAIL):
        return None
    return slowdown.repaired(
        times["good"], times["again"], times["failing"], times["tree"], pace.measure,
        pace.confidence,
    )  # fmt: skip


def message(measure: Measure, ratio: float, commit: str = "good") -> str:
    """One line, of one form: its numbers aside, it is the same from run to run."""
    return f"it takes {ratio:.2f} times the {measure} time of the {commit} commit"


def slower(node: str, told: str, excerpt: str) -> Failure:
    """The failure that a slow-down is: evidence like any other."""
    made = Failure(
        framework="command", kind="other", node_id=node, error_type=SLOWER, message=told,
        excerpt=excerpt,
    )  # fmt: skip
    return made.model_copy(update={"signature": signature(made)})


def _result(
    timed: Timed,
    began: float,
    told: str,
    found: Repaired | None,
    wrong: bool,
    complete: bool = True,
) -> CheckRun:
    nodes = (timed.command,) if timed.command else timed.node_ids
    failure = slower(nodes[0], told[:500], found.sentence if found else told)
    if wrong:  # it fails outright, or does not run
        failure = failure.model_copy(update={"error_type": "Failed", "kind": "call"})
    return CheckRun(
        command=("time", *nodes),
        returncode=1 if told else 0,
        complete=complete,
        seconds=round(time.monotonic() - began, 3),
        outcomes=dict.fromkeys(nodes, "failed" if told else "passed"),
        collected=nodes,
        failures=(failure,) if told else (),
        log="\n".join(filter(None, (told, found.sentence if found else "")))
        or SHORT * (not complete),
        repaired=found,
    )
