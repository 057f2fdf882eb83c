"""What the failures of each flaky test go with: all questions together, corrected, then thinned out.

Where two splits of the runs overlap (a runner of the one system that fails), the clearer one explains
the other, unless the other is clear among runs that are alike in the first. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from improve.patterns.exact import corrected
from improve.patterns.order import polluter
from improve.patterns.questions import Answer, answers, chance, table
from improve.records.analysis import Finding
from improve.records.history import History, Part, Row

LEVEL = 0.05
STILL = 0.001  # what a second finding must be among runs that are alike in the first
LEAST_FAILURES, LEAST_RUNS = 3, 20
LEAST_MORE = 0.1  # of the rate, or
LEAST_TIMES = 3.0  # of one rate in the other
LIKE = 0.9  # of the runs are split alike: another name for the same
# Of splits that are equally clear, the one that says most about the cause goes first.
TELLING = ("earlier", "before", "os", "matrix", "python", "worker", "hour", "duration", "machine")
WORDS = {
    "os": "on {level}", "python": "with Python {level}", "runner": "on the runner {level}",
    "worker": "on worker {level}", "before": "right after {level}", "earlier": "after {level} in the same process",
    "hour": "between {level} UTC", "position": "in the {level} of the order",
    "duration": "where it takes {level} s", "machine": "where the whole job is {level} times as slow as usual",
}  # fmt: skip


def enough(rows: Sequence[Row]) -> bool:
    """Whether there are runs and failures enough to ask."""
    return sum(row.failed for row in rows) >= LEAST_FAILURES and len(rows) >= LEAST_RUNS


def correlate(
    tests: Mapping[int, Sequence[Row]], history: History
) -> tuple[dict[int, tuple[Finding, ...]], int]:
    """Test -> what its failures go with, clearest first; and how many questions were asked.

    A question is a test and a dimension; ``tests`` has the rows to judge by.
    """
    slow = slowness(history.parts, history.seconds)
    asked: list[tuple[int, Answer]] = []
    for test, rows in tests.items():
        if enough(rows):
            found = answers(rows, history, slow)
            before = polluter(test, rows, history)
            asked += [(test, one) for one in (*found, *([before] if before else []))]
    chances = corrected([one.chance for _, one in asked])
    clear: dict[int, list[tuple[Answer, float]]] = {test: [] for test in tests}
    for (test, one), q in zip(asked, chances, strict=True):
        failed = [row.failed for row in tests[test]]
        if q < LEVEL and _matters(*table(one.split.inside, failed)):
            clear[test].append((one, q))
    return {test: _thinned(found, tests[test], history) for test, found in clear.items()}, len(
        asked
    )


def slowness(parts: Sequence[Part], seconds: Sequence[float]) -> list[float]:
    """Of each part: how long its tests took, beside the median of its job's name."""
    by_job: dict[str, list[float]] = {}
    for part, took in zip(parts, seconds, strict=True):
        by_job.setdefault(part.job, []).append(took)
    usual = {job: sorted(took)[len(took) // 2] for job, took in by_job.items()}
    return [
        took / usual[part.job] if usual[part.job] else 1.0
        for part, took in zip(parts, seconds, strict=True)
    ]


def _matters(failures: int, runs: int, others: int, other_runs: int) -> bool:
    rate, other = failures / runs, others / other_runs
    return rate - other >= LEAST_MORE or rate >= LEAST_TIMES * other


def _thinned(
    found: Sequence[tuple[Answer, float]], rows: Sequence[Row], history: History
) -> tuple[Finding, ...]:
    failed = [row.failed for row in rows]
    kept: list[tuple[Answer, float, list[str]]] = []
    for one, q in sorted(found, key=lambda pair: (pair[0].chance, _telling(pair[0]))):
        same = next((k for k in kept if _alike(k[0].split.inside, one.split.inside)), None)
        if same:
            same[2].append(_words(one, history))
        elif _still_clear(one, [k[0] for k in kept], failed):
            kept.append((one, q, []))
    return tuple(_finding(one, q, same, failed, history) for one, q, same in kept)


def _telling(one: Answer) -> int:
    first = one.split.dimension.partition(".")[0]
    return TELLING.index(first) if first in TELLING else len(TELLING)


def _alike(one: Sequence[bool], other: Sequence[bool]) -> bool:
    """By the share of the runs with either level that have both."""
    both = sum(1 for a, b in zip(one, other, strict=True) if a and b)
    either = sum(1 for a, b in zip(one, other, strict=True) if a or b)
    return both >= LIKE * either


def _still_clear(one: Answer, kept: Sequence[Answer], failed: Sequence[bool]) -> bool:
    strata: dict[tuple[bool, ...], list[int]] = {}
    for at in range(len(failed)):
        strata.setdefault(tuple(k.split.inside[at] for k in kept), []).append(at)
    if not kept:
        return True
    least = min(
        chance([one.split.inside[at] for at in places], [failed[at] for at in places])
        for places in strata.values()
    )
    # As many levels may have been looked at as in the question itself.
    tries = one.chance / max(chance(one.split.inside, failed), 1e-300)
    return least * len(strata) * max(1.0, tries) < STILL


def _finding(
    one: Answer, q: float, same: Sequence[str], failed: Sequence[bool], history: History
) -> Finding:
    failures, runs, others, other_runs = table(one.split.inside, failed)
    return Finding(
        dimension=one.split.dimension,
        level=_level(one, history),
        failures_with=failures,
        runs_with=runs,
        failures_without=others,
        runs_without=other_runs,
        q=q,
        words=_words(one, history),
        same_runs=tuple(same),
    )


def _level(one: Answer, history: History) -> str:
    if one.split.dimension in ("before", "earlier"):
        return history.names.get(int(one.split.level), one.split.level)
    return one.split.level


def _words(one: Answer, history: History) -> str:
    kind, _, key = one.split.dimension.partition(".")
    level = _level(one, history)
    if kind == "matrix" and key.isdecimal():  # its key is not known, only its place in the name
        return f"in jobs with {level}"
    if kind == "matrix":
        return f"where {key} is {level}"
    if kind == "label":
        return f"on runners labelled {level}"
    return WORDS[kind].format(level=level)
