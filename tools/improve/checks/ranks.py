"""Two sets of measurements, compared by ranks alone. Pure; standard library alone.

Times are skewed, have outliers, and come in clusters, so nothing is assumed of their distribution:
Mann and Whitney's test says whether one set lies above the other, Hodges and Lehmann's estimate by
how much, with the interval that belongs to the same test (Hollander and Wolfe, "Nonparametric
Statistical Methods", 3rd edition, chapter 4).
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from functools import cache

MOST_EXACT = 4000  # pairs; above, and with ties, the normal approximation is good enough


def chance(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided probability of such a shift between two sets if there were none.

    Raises: ValueError for an empty set.
    """
    _both(first, second)
    pairs = len(first) * len(second)
    u = sum((b > a) + 0.5 * (b == a) for a in first for b in second)
    low = min(u, pairs - u)
    if len({*first, *second}) == len(first) + len(second) and pairs <= MOST_EXACT:
        return min(1.0, 2 * _at_most(len(first), len(second))[int(low)])
    return _normal(first, second, low)


def _normal(first: Sequence[float], second: Sequence[float], low: float) -> float:
    """With the correction for ties, and half a rank for the steps."""
    n, m = len(first), len(second)
    ties = sum(t**3 - t for t in Counter([*first, *second]).values())
    every = n + m
    variance = n * m / 12 * (every + 1 - ties / (every * (every - 1)))
    if variance <= 0:
        return 1.0  # all are equal
    z = max(0.0, n * m / 2 - low - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def shift(first: Sequence[float], second: Sequence[float]) -> float:
    """How far ``second`` lies above ``first``: the median of all differences.

    Raises: ValueError for an empty set.
    """
    _both(first, second)
    return statistics.median(b - a for a in first for b in second)


def interval(first: Sequence[float], second: Sequence[float], level: float) -> tuple[float, float]:
    """Where the shift lies, by ``level``; infinite ends where the sets are too small to tell.

    Raises: ValueError for an empty set or a level outside (0, 1).
    """
    _both(first, second)
    if not 0 < level < 1:
        raise ValueError(f"level {level}")
    differences = sorted(b - a for a in first for b in second)
    below = _at_most(len(first), len(second))
    tail = (1 - level) / 2
    outside = next(rank for rank, likely in enumerate(below) if likely >= tail)
    if outside == 0:
        return -math.inf, math.inf
    return differences[outside - 1], differences[-outside]


def _both(first: Sequence[float], second: Sequence[float]) -> None:
    if not first or not second:
        raise ValueError(f"{len(first)} and {len(second)} measurements")


@cache
def _at_most(n: int, m: int) -> tuple[float, ...]:
    """Exact distribution of U without ties: entry u is the probability of at most u.

    The counts are the coefficients of the Gaussian binomial, a product of (1 - x^(n+i)) over
    (1 - x^i); Mann and Whitney's own recursion gives the same ones in longer time.
    """
    size = n * m + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, m + 1):
        for u in range(size - 1, n + i - 1, -1):
            counts[u] -= counts[u - n - i]
        for u in range(i, size):
            counts[u] += counts[u - i]
    total, seen, likely = math.comb(n + m, m), 0, []
    for one in counts:
        seen += one
        likely.append(seen / total)
    return tuple(likely)
