"""Fisher's exact test, and the correction for asking many questions with it. Pure.

Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995);
Y. Benjamini, D. Yekutieli, Ann. Stat. 29 (2001), for questions that depend on each other: the operating
system, the runner and a value of the matrix often split the runs alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from improve.checks.fisher import more_often

__all__ = ["corrected", "more_often"]


def corrected(chances: Sequence[float]) -> list[float]:
    """q of each: the share of false findings among those that are as clear as this one or clearer.

    Benjamini and Hochberg's step-up, with Benjamini and Yekutieli's factor for dependence.
    """
    count = len(chances)
    factor = sum(1 / rank for rank in range(1, count + 1))
    found = [1.0] * count
    least = 1.0
    order = sorted(range(count), key=lambda at: chances[at], reverse=True)
    for place, at in enumerate(order):
        least = min(least, chances[at] * count * factor / (count - place))
        found[at] = least
    return found
