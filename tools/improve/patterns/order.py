"""Which test, having run before in the same process, goes with a failure: a hint at a polluter. Pure.

For the terms: A. Shi et al., iFixFlakies (ESEC/FSE 2019).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

from improve.patterns.exact import more_often
from improve.patterns.questions import LEAST_RUNS, Answer, Split
from improve.records.history import History, Row


def polluter(test: int, rows: Sequence[Row], history: History) -> Answer | None:
    """The test that ran before ``test`` most clearly more often where it failed; None: not known.

    Its chance is corrected for all tests that ever ran before this one.
    """
    before = [_before(test, row, history) for row in rows]
    failing: Counter[int] = Counter()
    passing: Counter[int] = Counter()
    for row, earlier in zip(rows, before, strict=True):
        if earlier is None:
            return None
        (failing if row.failed else passing).update(earlier)
    failures, runs = sum(row.failed for row in rows), len(rows)
    found = [
        (more_often(failed, failed + passing[other], failures - failed, runs - seen), other)
        for other, failed in failing.items()
        if LEAST_RUNS <= (seen := failed + passing[other]) <= runs - LEAST_RUNS
    ]
    if not found:
        return None
    chance, other = min(found)
    inside = tuple(earlier is not None and other in earlier for earlier in before)
    asked = len(failing.keys() | passing.keys())
    return Answer(Split("earlier", str(other), inside), min(1.0, chance * asked))


def _before(test: int, row: Row, history: History) -> array[int] | None:
    order = history.orders.get((row.part, row.worker))
    if order is None or row.position < 0:
        return None
    try:
        return order[: order.index(test)]
    except ValueError:
        return None
