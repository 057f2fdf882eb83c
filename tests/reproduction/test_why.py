"""Which failing runs are repeated, to find out what brings them about."""

from __future__ import annotations

import pytest

from improve.evidence.cause import by_hash
from improve.records import Rate
from improve.reproduction.why import MOST_REPEATED, MOST_SEEDS, to_repeat


def rate(setting: str, failures: int, runs: int) -> Rate:
    seeds = tuple(range(1, failures + 1))
    return Rate(amplifier=setting, failures=failures, runs=runs, seeds=seeds)


@pytest.mark.parametrize(("failures", "runs"), [(5, 10), (7, 16), (3, 4), (15, 51)])
def test_hash_seeds_are_repeated_until_it_would_be_no_accident(failures: int, runs: int) -> None:
    found = rate("hash-seed", failures, runs)
    seeds = to_repeat(found)
    assert by_hash(found, (len(seeds), len(seeds))), seeds
    assert not by_hash(found, (len(seeds), len(seeds) - 1)), "one that passed is enough against it"
    assert set(seeds) <= set(found.seeds) and len(seeds) < MOST_REPEATED + MOST_SEEDS


def test_what_nearly_always_fails_is_not_repeated_for_ever() -> None:
    assert len(to_repeat(rate("hash-seed", 99, 100))) <= MOST_REPEATED
    assert to_repeat(rate("hash-seed", 0, 100)) == ()


def test_seeds_of_other_settings_are_repeated_once() -> None:
    assert to_repeat(rate("thread-noise", 4, 5)) == (1, 2, 3, 4)
    assert len(to_repeat(rate("plain", 15, 50))) == MOST_SEEDS
