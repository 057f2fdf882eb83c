"""How often does an intermittent test fail, and what makes it fail more often?

The plain rate first, then one amplifier after the other, those that the test's own text suggests
before the rest, until under one of them it has failed five times for the right reason. That setting
is what a fix is then proven under.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from improve.checks import statistics
from improve.checks.stress import Stress, measuring
from improve.evidence import compare
from improve.records import CheckRun, Failure, Rate

LONGEST_LIMIT = 60.0
SHARE = 0.25  # of the time that is left, for one setting
PLAIN_RUNS, PLAIN_SHARE = 400, 0.1  # a rate below one in a hundred takes too long to prove
LEAST_SECONDS = 5.0
THREADS = ("thread-noise", "switch-interval+busy-processors")
TIMERS = ("timer-jitter",)
HASHES = ("hash-seed",)

Often = Callable[[Stress, float], CheckRun]


class Measured(NamedTuple):
    """All that was tried, and the setting under which the failure can be had (None: under none)."""

    rates: tuple[Rate, ...]
    stress: Stress | None
    observed: Failure | None


def measure(
    often: Often,
    expected: Failure | None,
    text: str,
    once_seconds: float,
    left: Callable[[], float],
    progress: Callable[[str], None],
) -> Measured:
    """Try settings as long as the time goes.

    ``often`` runs the test under a setting for at most so many seconds; ``expected`` is what it
    has to fail with; ``text`` is the test's file; ``once_seconds`` is what one plain run takes.
    """
    rates: list[Rate] = []
    limit = min(LONGEST_LIMIT, max(5.0, 5 * once_seconds))
    for amplifier in ("plain", *order(text)):
        seconds = (PLAIN_SHARE if amplifier == "plain" else SHARE) * left()
        if seconds < LEAST_SECONDS:
            break
        stress = measuring(Stress(amplifier, limit, progress=progress))
        if amplifier == "plain":
            stress = replace(stress, runs=PLAIN_RUNS)
        run = often(stress, seconds)
        if run.rate is None or not run.complete:
            break  # it cannot be run like this at all: the log says why
        rates.append(run.rate)
        same = [one for one in run.failures if expected is None or compare(expected, one).same]
        if len(same) >= statistics.LEAST_FAILURES and len(same) == len(run.failures):
            return Measured(tuple(rates), stress, same[0])
    return Measured(tuple(rates), None, None)


def order(text: str) -> Sequence[str]:
    """Amplifiers, those that fit what the test imports first."""
    names = _imported(text)
    if "asyncio" in names or "anyio" in names:
        return (*TIMERS, *THREADS, *HASHES)
    return (*THREADS, *TIMERS, *HASHES)


def _imported(text: str) -> set[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
