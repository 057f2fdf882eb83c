"""What a test's failures may go with: every question is a split of its runs in two. Pure.

A question is asked only where its answer could be clear: a level with a run or two shows nothing, and
each question asked makes the correction for all of them stricter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve.patterns.exact import more_often
from improve.records.history import History, Row

LEAST_RUNS = 5  # with the level, and without
HOURS = (1, 2, 3, 4, 6)  # lengths of the windows of the day
SLOWER = (0.5, 0.75, 0.9)  # shares of the runs that are quicker
LEAST_SLOW = (
    2.0  # times as long as the others, at the median: less is the work of telling a failure
)


@dataclass(frozen=True)
class Split:
    """One question: ``inside`` says of each row whether it has the level."""

    dimension: str
    level: str
    inside: tuple[bool, ...]


@dataclass(frozen=True)
class Answer:
    """The clearest split of one dimension; ``chance`` is corrected for all that were looked at."""

    split: Split
    chance: float


def answers(rows: Sequence[Row], history: History, slow: Sequence[float]) -> list[Answer]:
    """One answer for each dimension that can be asked about. ``slow``: of each part, how long its
    job took beside others of its name.
    """
    found = []
    dimensions: dict[str, list[Split]] = {}
    for split in _splits(rows, history, slow):
        dimensions.setdefault(split.dimension, []).append(split)
    failed = [row.failed for row in rows]
    for splits in dimensions.values():
        chances = [chance(split.inside, failed) for split in splits]
        best = min(range(len(splits)), key=lambda at: chances[at])
        found.append(Answer(splits[best], min(1.0, chances[best] * len(splits))))
    return found


def table(inside: Sequence[bool], failed: Sequence[bool]) -> tuple[int, int, int, int]:
    """Failures and runs with the level, failures and runs without."""
    runs, failures = sum(inside), sum(failed)
    both = sum(1 for one, two in zip(inside, failed, strict=True) if one and two)
    return both, runs, failures - both, len(inside) - runs


def chance(inside: Sequence[bool], failed: Sequence[bool]) -> float:
    """How likely so many failures with the level are, if it did not matter."""
    return more_often(*table(inside, failed))


def _splits(rows: Sequence[Row], history: History, slow: Sequence[float]) -> Iterator[Split]:
    parts = [history.parts[row.part] for row in rows]
    named = {
        "os": [part.os for part in parts],
        "python": [part.python for part in parts],
        "runner": [part.runner for part in parts],
        "worker": [row.worker for row in rows],
        "before": [str(row.before) if row.before >= 0 else "" for row in rows],
    }
    for key in sorted({key for part in parts for key in part.matrix}):
        named[f"matrix.{key}"] = [part.matrix.get(key, "") for part in parts]
    for label in sorted({label for part in parts for label in part.labels}):
        named[f"label.{label}"] = [label if label in part.labels else "" for part in parts]
    for dimension, values in named.items():
        counted = Counter(values)
        for level, runs in sorted(counted.items()):
            if level and LEAST_RUNS <= runs <= len(rows) - LEAST_RUNS:
                yield Split(dimension, level, tuple(value == level for value in values))
    yield from _hours([part.started[11:13] for part in parts])
    yield from _places(rows)
    yield from _slow("duration", [row.seconds for row in rows], rows)
    yield from _slow("machine", [slow[row.part] for row in rows], rows)


def _hours(hours: Sequence[str]) -> Iterator[Split]:
    known = [int(hour) if hour.isdecimal() else -1 for hour in hours]
    if min(known, default=-1) < 0:
        return
    for length in HOURS:
        for first in range(24):
            window = {(first + more) % 24 for more in range(length)}
            inside = tuple(hour in window for hour in known)
            if LEAST_RUNS <= sum(inside) <= len(inside) - LEAST_RUNS:
                yield Split("hour", f"{first:02d}:00-{(first + length) % 24:02d}:00", inside)


def _places(rows: Sequence[Row]) -> Iterator[Split]:
    places = sorted(row.position for row in rows)
    if not places or places[0] < 0 or places[0] == places[-1]:
        return
    for share, level in ((0.25, "first"), (0.75, "last")):
        edge = places[int(share * (len(places) - 1))]
        early = level == "first"
        inside = tuple((row.position <= edge) if early else (row.position > edge) for row in rows)
        if LEAST_RUNS <= sum(inside) <= len(inside) - LEAST_RUNS:
            yield Split("position", f"{level} quarter", inside)


def _slow(dimension: str, took: Sequence[float | None], rows: Sequence[Row]) -> Iterator[Split]:
    known = [one for one in took if one is not None]
    if len(known) < len(rows) or not known:
        return
    ordered = sorted(known)
    usual = ordered[len(ordered) // 2]
    for edge in _edges(ordered):
        inside = tuple(one > edge for one in known)
        longer = sorted(one for one, slower in zip(known, inside, strict=True) if slower)
        few = sum(inside) < LEAST_RUNS or len(inside) - sum(inside) < LEAST_RUNS
        if not few and longer[len(longer) // 2] >= LEAST_SLOW * max(usual, 1e-3):
            yield Split(dimension, f"more than {edge:.3g}", inside)


def _edges(ordered: Sequence[float]) -> list[float]:
    """Where the upper half may be divided: at fixed shares, and at its widest gap."""
    last = len(ordered) - 1
    gap = max(
        range(last // 2, last), key=lambda at: ordered[at + 1] / max(ordered[at], 1e-3), default=0
    )
    return sorted({ordered[gap], *(ordered[int(share * last)] for share in SLOWER)})
