"""What runs of an intermittent check prove. Pure; standard library alone.

Before: k failures in n runs under one fixed setting. After: no failure in N runs under the same
setting. Were the failure still there as often as before, then all k failures would have fallen
among the first n of n + N runs by chance alone; how likely that is, is Fisher's exact test, one
sided. Stopping at the first failure after the fix makes it the optimal sequential test as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable

ENOUGH_FAILURES = 5  # fewer say too little of the rate
LEAST_FAILURES = 3  # with fewer, nothing is proven
FLOOR = 1000  # runs after a fix: a failure that became ten times rarer is seen in most of them
INTERVAL = 0.95


def chance(failures: int, runs: int, passes: int) -> float:
    """Probability of ``passes`` runs without a failure if nothing had changed.

    ``failures`` in ``runs`` were seen before. Raises: ValueError for counts that cannot be.
    """
    if not 0 <= failures <= runs or passes < 0:
        raise ValueError(f"{failures} failures in {runs} runs, then {passes} passes")
    if failures == 0 or passes == 0:
        return 1.0
    log = (
        math.lgamma(runs + 1) - math.lgamma(runs - failures + 1)
        + math.lgamma(runs + passes - failures + 1) - math.lgamma(runs + passes + 1)
    )  # fmt: skip
    return min(1.0, math.exp(log))


def passes_needed(failures: int, runs: int, confidence: float) -> int:
    """The fewest passes for which ``chance`` is at most 1 - ``confidence``.

    Raises: ValueError without a failure: no number of passes would show anything.
    """
    if failures < 1 or not 0 < confidence < 1:
        raise ValueError(f"{failures} failures, confidence {confidence}")
    most = 1 - confidence
    low, high = 0, 1
    while chance(failures, runs, high) > most:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if chance(failures, runs, middle) > most:
            low = middle
        else:
            high = middle
    return high


def interval(failures: int, runs: int, level: float = INTERVAL) -> tuple[float, float]:
    """Clopper and Pearson's interval for the failure rate: exact, never too narrow."""
    tail = (1 - level) / 2
    low = 0.0 if failures == 0 else _rate(lambda p: 1 - _at_most(failures - 1, runs, p) < tail)
    high = 1.0 if failures == runs else _rate(lambda p: _at_most(failures, runs, p) > tail)
    return low, high


def bound(passes: int, level: float = INTERVAL) -> float:
    """Below this the failure rate lies, by ``level``, when ``passes`` runs had no failure."""
    return 1.0 if passes < 1 else float(1 - (1 - level) ** (1 / passes))


def _rate(below: Callable[[float], bool]) -> float:
    """The rate at which ``below`` turns false, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _at_most(failures: int, runs: int, rate: float) -> float:
    """Binomial distribution: probability of at most ``failures``."""
    if rate <= 0 or rate >= 1:
        return 1.0 if rate <= 0 or failures >= runs else 0.0
    whole, yes, no = math.lgamma(runs + 1), math.log(rate), math.log1p(-rate)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(runs - k + 1) + k * yes + (runs - k) * no)
        for k in range(failures + 1)
    )


def one_in(probability: float) -> str:
    """'1 in 2,000': a whole number that the probability is not above."""
    if probability <= 1e-6:
        return "1 in 1,000,000"
    times = 1 / probability * (1 + 1e-9)
    digits = 10 ** max(0, math.floor(math.log10(times)))
    return f"1 in {max(1, int(times // digits) * digits):,}"


def sentence(failures: int, runs: int, passes: int) -> str:
    """What was seen before and after, and what it means, for people."""
    said = f"{failures:,} of {runs:,} runs failed before, 0 of {passes:,} after"
    return (
        f"{said}: if the bug were still there, the chance of that would be "
        f"less than {one_in(chance(failures, runs, passes))}."
    )
