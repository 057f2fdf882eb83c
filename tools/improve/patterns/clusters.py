"""Tests that fail in the same jobs: they share a cause, and are repaired as one. Pure.

O. Parry et al. (arXiv 2504.16777, 2025): three quarters of flaky tests fail in such clusters.
"""

from __future__ import annotations

from collections.abc import Mapping

from improve.patterns.exact import more_often

ALIKE = 0.5  # common failing jobs, as a share of all in which either failed
LEAST_COMMON = 3
CHANCE = 0.001  # over all pairs
MOST = 2000  # tests whose pairs are looked at


def clusters(
    failed: Mapping[int, frozenset[int]], parts: int
) -> list[tuple[tuple[int, ...], float]]:
    """Every test once, alone or with those that it fails with; and how alike the least pair is.

    ``failed``: test -> parts in which it failed; ``parts``: how many there are.
    """
    tests = sorted(failed, key=lambda test: (-len(failed[test]), test))[:MOST]
    least = CHANCE / max(1, len(tests) * (len(tests) - 1) // 2)
    leader = {test: test for test in failed}
    for at, one in enumerate(tests):
        for other in tests[at + 1 :]:
            if _together(failed[one], failed[other], parts, least):
                _join(leader, one, other)
    groups: dict[int, list[int]] = {}
    for test in failed:
        groups.setdefault(_of(leader, test), []).append(test)
    return [(tuple(sorted(group)), _likeness(group, failed)) for group in groups.values()]


def _together(one: frozenset[int], other: frozenset[int], parts: int, least: float) -> bool:
    common = len(one & other)
    if common < LEAST_COMMON or common < ALIKE * len(one | other):
        return False
    return more_often(common, len(one), len(other) - common, parts - len(one)) < least


def _likeness(group: list[int], failed: Mapping[int, frozenset[int]]) -> float:
    return min(
        (
            len(failed[a] & failed[b]) / len(failed[a] | failed[b])
            for at, a in enumerate(group)
            for b in group[at + 1 :]
        ),
        default=1.0,
    )


def _of(leader: dict[int, int], test: int) -> int:
    while leader[test] != test:
        leader[test] = leader[leader[test]]
        test = leader[test]
    return test


def _join(leader: dict[int, int], one: int, other: int) -> None:
    first, second = _of(leader, one), _of(leader, other)
    leader[max(first, second)] = min(first, second)
