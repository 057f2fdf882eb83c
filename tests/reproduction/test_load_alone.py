"""What a setting of two parts shows: whether one of them does it by itself."""

from __future__ import annotations

import pytest

from improve.checks.stress import Stress
from improve.evidence.cause import cause
from improve.records import Comparison, Rate
from improve.reproduction.why import by_load_alone

BOTH, LOAD = "switch-interval+busy-processors", "busy-processors"


def rate(amplifier: str, failures: int, runs: int) -> Rate:
    return Rate(amplifier=amplifier, failures=failures, runs=runs, limit=5.0)


@pytest.mark.parametrize(
    ("both", "load", "named"),
    [
        ((5, 182), (5, 190), "timeout"),  # the load does it; the switching adds nothing
        ((50, 100), (0, 200), "race"),
        ((40, 60), (5, 100), "race"),
        ((5, 182), (1, 364), "not known"),  # neither is shown
        ((5, 182), None, "race"),  # there was no time to look
    ],
)
def test_a_load_that_is_enough_by_itself_is_no_race(
    both: tuple[int, int], load: tuple[int, int] | None, named: str
) -> None:
    chosen = rate(BOTH, *both)
    compared = Comparison(setting=chosen, plain=rate("plain", 1, 1666), chance=0.0003)
    asked: list[Stress] = []

    def look(stress: Stress) -> Rate | None:
        asked.append(stress)
        return rate(LOAD, *load) if load else None

    found = by_load_alone(chosen, compared, look)
    assert cause(chosen, found, None, (5, 0)).name == named
    assert [one.amplifier for one in asked] == [LOAD]


def test_of_other_settings_nothing_is_asked() -> None:
    chosen = rate("thread-noise", 5, 10)
    compared = Comparison(setting=chosen, plain=rate("plain", 0, 400), chance=0.0)

    def never(_stress: Stress) -> Rate | None:
        raise AssertionError("it was looked at")

    assert by_load_alone(chosen, compared, never) is compared
