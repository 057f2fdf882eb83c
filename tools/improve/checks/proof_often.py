"""The proof of a fix for an intermittent failure: rates under one setting, before and after.

Five passes prove nothing of a failure that happens in every tenth run. So the base is run until it
has failed five times, and the fix, under the same setting and with other seeds, until so many
passes can no longer be luck (``checks.statistics``), or until its first failure.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from improve.checks import statistics
from improve.checks.confidence import confidence_of
from improve.checks.ground import Ground
from improve.checks.stress import alike
from improve.checks.unlike import unlike
from improve.evidence import compare
from improve.records import CheckRun, Confidence, Rate, Verdict
from improve.workbench.bench import Tree

FRESH_SEEDS = 1_000_001  # those of the runs before lie far below
SHARE = 0.6  # of the time that is left, for the runs with the fix
LEAST_SECONDS = 10.0


class After(NamedTuple):
    """What the runs with the fix showed."""

    verdict: Verdict
    run: CheckRun
    confidence: Confidence | None = None


def seen_before(ground: Ground) -> tuple[Verdict, int, int]:
    """Whether the base fails often enough to prove anything; runs and failures of that."""
    rate = rate_before(ground)
    others = len(ground.before[0].failures) - rate.failures
    told = f"fails on the base in {rate.failures} of {rate.runs} runs ({rate.amplifier})"
    good = rate.failures >= statistics.LEAST_FAILURES
    if others:
        told += f", in {others} more with another signature, which count as passes here"
    if not good:
        told += ": too rarely to prove anything"
    return Verdict(rule="fails before", passed=good, reason=told), rate.runs, rate.failures


def seen_after(ground: Ground, tree: Tree) -> After:
    """Runs with the fix, stopped by the first failure, by enough passes or by the time."""
    assert ground.check.stress is not None  # noqa: S101 - asked for intermittent checks alone
    before = rate_before(ground)
    needed = statistics.passes_needed(before.failures, before.runs, ground.confidence)
    wanted = max(needed, statistics.FLOOR)
    stress = dataclasses.replace(
        ground.check.stress, runs=wanted, until=1, first=FRESH_SEEDS, progress=ground.progress
    )
    run = ground.check.often(tree.path, alike(stress, before), _seconds(ground))
    after = run.rate
    if not run.complete or run.failures or after is None:
        why = run.failures[0].message if run.failures else run.log[:200]
        runs = after.runs if after else 0
        told = f"failed in run {runs}{_seed(after)} with the fix ({before.amplifier}): {why}"
        return After(Verdict(rule="passes after", passed=False, reason=told), run)
    confidence = confidence_of(before, after, ground.confidence)
    other = unlike(before, after, needed)
    if other:
        confidence = confidence.model_copy(update={"not_shown": other})
    good = after.runs >= needed and not other
    told = confidence.sentence if good else f"not shown: {confidence.not_shown}"
    return After(
        Verdict(rule="passes after", passed=good, shown=good, reason=told), run, confidence
    )


def replayed(ground: Ground, tree: Tree) -> Verdict:
    """Every seed that failed before, with the fix."""
    assert ground.check.stress is not None  # noqa: S101 - asked for intermittent checks alone
    seeds = rate_before(ground).seeds
    stress = dataclasses.replace(ground.check.stress, seeds=seeds, until=1)
    stress = alike(stress, rate_before(ground))
    run = ground.check.often(tree.path, stress, max(LEAST_SECONDS, ground.left() / 4))
    done = run.rate.runs if run.rate else 0
    if run.complete and not run.failures and done < len(seeds):
        told = f"only {done} of {len(seeds)} failing seeds could be replayed in the time"
        return Verdict(rule="replayed", passed=False, shown=False, reason=told)
    good = run.complete and not run.failures
    told = f"the {len(seeds)} seeds that failed before pass with the fix"
    if not good:
        told = f"a seed that failed before did not pass{_seed(run.rate)}: {run.log[:200]}"
    return Verdict(rule="replayed", passed=good, reason=told)


def rate_before(ground: Ground) -> Rate:
    """Of the base, as it was measured; only what failed with the log's own signature counts.

    One cause may fail in several ways (half a document is many errors), and fewer failures before
    only ask for more passes after; there, a failure of any kind is one.
    """
    found = ground.before[0].rate if ground.before else None
    if found is None:
        return Rate(failures=0, runs=0)
    same = sum(compare(ground.observed, one).same for one in ground.before[0].failures)
    return found.model_copy(update={"failures": same})


def _seed(rate: Rate | None) -> str:
    """' (seed 17)' of the run that failed last: with it, that run can be made again."""
    return f" (seed {rate.seeds[-1]})" if rate is not None and rate.seeds else ""


def _seconds(ground: Ground) -> float:
    suite = ground.suite_before.seconds if ground.suite_before else 0.0
    return max(LEAST_SECONDS, SHARE * (ground.left() - 2 * suite))
