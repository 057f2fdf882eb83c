"""Fisher's exact test in closed form: did this fail more often, or is it chance? Pure.

R. A. Fisher, The Design of Experiments (1935).
"""

from __future__ import annotations

import math
from functools import lru_cache


def more_often(failures: int, runs: int, other_failures: int, other_runs: int) -> float:
    """Probability of at least ``failures`` among these ``runs`` if they failed no more often.

    One-sided; the sums of the table are fixed. 1.0 where there is nothing to compare.
    """
    if not failures or not other_runs or not runs:
        return 1.0
    return _tail(failures, runs, failures + other_failures, runs + other_runs)


@lru_cache(maxsize=100_000)
def _tail(failures: int, runs: int, all_failures: int, all_runs: int) -> float:
    most = min(runs, all_failures)
    # From the first term on each follows from the one before by a ratio: no more logarithms.
    term = math.exp(
        _choose(all_failures, failures)
        + _choose(all_runs - all_failures, runs - failures)
        - _choose(all_runs, runs)
    )
    total = 0.0
    for k in range(failures, most + 1):
        total += term
        if term < total * 1e-17:
            break
        rest = all_runs - all_failures - runs + k + 1
        term *= (all_failures - k) * (runs - k) / ((k + 1) * rest)
    return min(1.0, total)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
