"""A cause is named by what moved the rate, never by what the code looks like."""

from __future__ import annotations

import pytest

from improve.evidence.cause import cause, nearly_equal, shares
from improve.records import Failure, Rate

PLAIN = Rate(failures=0, runs=200)


def rate(setting: str, failures: int = 5, runs: int = 20, **values: object) -> Rate:
    seeds = tuple(range(1, failures + 1))
    return Rate(amplifier=setting, failures=failures, runs=runs, seeds=seeds, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setting", "error", "message", "name"),
    [
        ("thread-noise", "AssertionError", "assert 7 == 8", "race"),
        ("switch-interval+busy-processors", "AssertionError", "assert 7 == 8", "race"),
        ("timer-jitter", "KeyError", "'b'", "async order"),
        ("hash-seed", "AssertionError", "assert 'a, b' == 'b, a'", "hash order"),
        ("hash-seed", "AssertionError", "assert 0.30000000000000004 == 0.3", "float"),
        ("clock", "ValueError", "day is out of range for month", "time"),
        ("fast-clock", "AssertionError", "assert 901 == 900", "time"),
        ("clock+zone", "AssertionError", "assert [] == ['hello']", "zone"),
        ("directory-order", "AssertionError", "assert 1 == 2", "platform"),
        ("gc-threshold", "KeyError", "1", "resource"),
        ("file-limit", "OSError", "Too many open files", "resource"),
        ("workers", "OSError", "Address already in use", "resource"),
        ("workers", "AssertionError", "assert 3 == 4", "timeout"),
        ("busy-processors", "TimeoutError", "", "timeout"),
        ("socket-pieces", "json.decoder.JSONDecodeError", "Expecting value", "network"),
    ],
)
def test_what_moved_the_rate_names_the_cause(
    setting: str, error: str, message: str, name: str
) -> None:
    seen = Failure(error_type=error, message=message)
    found = cause(rate(setting), PLAIN, 1e-6, seen)
    assert (found.name, found.amplifier, found.chance) == (name, setting, 1e-6)
    assert "5 of 20 runs" in found.because[0] and "0 of 200 runs" in found.because[0]


def test_who_fails_beside_others_and_not_where_it_is_as_busy_without_them_shares_something() -> (
    None
):
    seen, alone = Failure(error_type="AssertionError", message="''"), rate("busy-processors", 0, 40)
    found = cause(rate("workers"), PLAIN, 1e-6, seen, alone=alone)
    assert found.name == "resource" and "in 0 of 40 runs" in found.because[1]
    assert cause(rate("busy-processors"), PLAIN, 1e-6, seen).name == "timeout"


def test_a_difference_that_may_be_chance_names_nothing() -> None:
    found = cause(rate("thread-noise"), rate("plain", 9, 40), 0.4, Failure())
    assert found.name == "not known" and found.chance is None
    assert cause(None, PLAIN, 1.0, None).name == "not known"


def test_seeds_that_fail_again_show_that_it_is_drawn() -> None:
    found = cause(rate("plain", 5, 250), None, 1.0, Failure(), (5, 5))
    assert found.name == "randomness" and (found.replayed, found.failed_again) == (5, 5)
    assert "all of them failed again" in found.because[-1]


@pytest.mark.parametrize("replayed", [(0, 0), (2, 2), (5, 4)])
def test_seeds_that_do_not_all_fail_again_show_nothing(replayed: tuple[int, int]) -> None:
    assert cause(rate("plain", 5, 250), None, 1.0, Failure(), replayed).name == "not known"


def test_what_fails_nearly_always_fails_again_by_itself() -> None:
    """At a rate of 90 % five repetitions that fail are no evidence of anything."""
    assert cause(rate("plain", 9, 10), None, 1.0, Failure(), (5, 5)).name == "not known"


def test_what_the_failing_runs_share() -> None:
    drawn: tuple[dict[str, str | int | float], ...] = tuple(
        {"clock": f"2027-0{month}-31T12:00:00", "clock_speed": 5000, "late": month / 10}
        for month in (1, 3, 5, 7, 8, 1)
    )
    told = shares(rate("clock", 6, settings=drawn))
    assert "clock speed: 5000 in all of them" in told
    assert "the day of the month is the 28th or later in all of them" in told
    assert shares(rate("clock", 1, settings=drawn[:1])) == ()


def test_rounding_is_told_from_a_wrong_number() -> None:
    assert nearly_equal("assert 0.30000000000000004 == 0.3")
    assert not nearly_equal("assert 0.31 == 0.3") and not nearly_equal("assert 3 == 4")
    assert not nearly_equal("assert " + "1" * 4000 + "." + "1" * 100_000)
