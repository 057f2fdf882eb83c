"""Is it flaky, is it broken since a commit, or can nobody tell yet? Pure.

Flaky is a test that failed and passed at the same commit, in the same job. A test that fails in every
run from one commit on is broken: a regression, however red it makes CI. A failure with neither is a
suspect: the commit has to be run once more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from improve.records.analysis import Kind, Window
from improve.records.history import Part, Row

CHANCE = 0.001  # of so many failures in a row, anywhere in the history, for a test that is flaky
UNSEEN = 0.05  # chance that a flaky test passes so often before its first failure is seen


class Judged(NamedTuple):
    """``rows``: those that the rate and all correlations are over."""

    kind: Kind
    rows: list[Row]
    both_ways: int
    began: Window | None
    broken: Window | None
    mended: str


class _Commit(NamedTuple):
    sha: str
    time: str
    rows: list[Row]
    failures: int


def judge(rows: Sequence[Row], parts: Sequence[Part], when: dict[str, int]) -> Judged:
    """What a test with these rows (oldest first) is; ``when``: commit -> its place in time."""
    commits = _commits(rows, parts, when)
    blocks = _broken_blocks(commits)
    broken, mended = _around(commits, blocks[0]) if blocks else (None, "")
    shas = {one.sha for block in blocks for one in block}
    left = [row for row in rows if parts[row.part].sha not in shas]
    both = _both_ways(left, parts)
    if both:
        return Judged("flaky", left, both, _began(left, parts), broken, mended)
    if blocks:
        return Judged("regression", list(rows), 0, None, broken, mended)
    return Judged("suspect", left, 0, _began(left, parts), None, "")


def _around(commits: Sequence[_Commit], block: Sequence[_Commit]) -> tuple[Window, str]:
    """When it broke, and the commit that mended it ('': none yet)."""
    start, end = commits.index(block[0]), commits.index(block[-1]) + 1
    mended = commits[end].sha if end < len(commits) else ""
    return _window(commits[start - 1] if start else None, block[0]), mended


def _commits(rows: Sequence[Row], parts: Sequence[Part], when: dict[str, int]) -> list[_Commit]:
    """By time; only of jobs in which the test ever failed: a regression may be one system's alone."""
    jobs = {parts[row.part].job for row in rows if row.failed}
    found: dict[str, list[Row]] = {}
    for row in rows:
        if parts[row.part].job in jobs:
            found.setdefault(parts[row.part].sha, []).append(row)
    return [
        _Commit(sha, parts[of[0].part].started, of, sum(row.failed for row in of))
        for sha, of in sorted(found.items(), key=lambda one: when[one[0]])
    ]


def _broken_blocks(commits: Sequence[_Commit]) -> list[list[_Commit]]:
    """Stretches of commits at which every run failed, if chance does not explain them; longest first."""
    found, rest = [], list(commits)
    while block := _broken_block(rest):
        found.append(block)
        # What was broken in between says nothing of how often it fails otherwise.
        rest = [one for one in rest if one not in block]
    return found


def _broken_block(commits: Sequence[_Commit]) -> list[_Commit]:
    best, start = (0, 0), 0
    for at in range(len(commits) + 1):
        if at == len(commits) or commits[at].failures < len(commits[at].rows):
            if at - start > best[1] - best[0]:
                best = start, at
            start = at + 1
    inside = sum(one.failures for one in commits[slice(*best)])
    failures = sum(one.failures for one in commits) - inside
    runs = sum(len(one.rows) for one in commits) - inside
    # Laplace's rule: of a test that never ran otherwise, nothing is known but that it may fail.
    rate = (failures + 1) / (runs + 2)
    unlikely = len(commits) * rate**inside <= CHANCE
    return list(commits[slice(*best)]) if unlikely and best[1] - best[0] >= 2 else []


def _both_ways(rows: Sequence[Row], parts: Sequence[Part]) -> int:
    seen: dict[tuple[str, str], set[bool]] = {}
    for row in rows:
        part = parts[row.part]
        seen.setdefault((part.sha, part.job), set()).add(row.failed)
    return len({sha for (sha, _), outcomes in seen.items() if len(outcomes) == 2})


def _began(rows: Sequence[Row], parts: Sequence[Part]) -> Window | None:
    """Between which commits it began to be flaky: after the last one from which on it would, at its
    later rate, have shown itself before it first did."""
    first = next((at for at, row in enumerate(rows) if row.failed), None)
    if first is None:
        return None
    rate = sum(row.failed for row in rows) / (len(rows) - first)
    enough = math.ceil(math.log(UNSEEN) / math.log1p(-min(rate, 0.999)))
    by = parts[rows[first].part]
    if first < enough:
        return Window(by_commit=by.sha, by_time=by.started)
    after = parts[rows[first - enough].part]
    return Window(
        after_commit=after.sha, after_time=after.started, by_commit=by.sha, by_time=by.started
    )


def _window(before: _Commit | None, first: _Commit) -> Window:
    return Window(
        after_commit=before.sha if before else "",
        after_time=before.time if before else "",
        by_commit=first.sha,
        by_time=first.time,
    )
