"""The suite before and after: what counts as lost, as flaky, and as not shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from improve.checks.passing import passes_now, unpassed, why
from improve.checks.suite import compare
from improve.records import CheckRun
from improve.records.runs import Outcome


def run(returncode: int | None = 0, complete: bool = True, **outcomes: Outcome) -> CheckRun:
    """A run of tests named by single letters."""
    named = {f"t.py::{name}": outcome for name, outcome in outcomes.items()}
    return CheckRun(
        command=("pytest",), returncode=returncode, complete=complete, seconds=1, outcomes=named,
        collected=tuple(named), timed_out=returncode is None,
    )  # fmt: skip


def never(_nodes: Sequence[str]) -> CheckRun:
    raise AssertionError("nothing had to be run again")


def test_a_repair_that_breaks_nothing() -> None:
    result = compare(run(1, a="failed", b="passed"), run(a="passed", b="passed"), never)
    assert result.complete and result.newly_passing == ("t.py::a",)
    assert (result.missing, result.newly_failing, result.flaky) == ((), (), ())
    assert (result.before_failed, result.after_passed) == (1, 2)


def test_a_test_that_is_no_longer_collected_is_missing() -> None:
    assert compare(run(a="passed", b="passed"), run(a="passed"), never).missing == ("t.py::b",)


@pytest.mark.parametrize("now", ["failed", "error", "skipped", "xfailed", "xpassed"])
def test_what_passed_and_does_not_pass_now_is_newly_failing(now: Outcome) -> None:
    after = run(a="passed", b=now)
    result = compare(run(a="passed", b="passed"), after, lambda _nodes: after)
    assert result.newly_failing == ("t.py::b",)


def test_a_test_that_fails_once_and_then_passes_every_time_is_flaky() -> None:
    good = run(a="passed", b="passed")
    result = compare(good, run(1, a="passed", b="failed"), lambda _nodes: good)
    assert result.flaky == ("t.py::b",) and result.newly_failing == ()


def test_two_good_reruns_of_three_are_not_enough() -> None:
    again = iter([run(b="passed"), run(1, b="failed"), run(b="passed")])
    result = compare(run(b="passed"), run(1, b="failed"), lambda _nodes: next(again))
    assert result.newly_failing == ("t.py::b",)


def test_a_rerun_that_breaks_off_clears_nobody() -> None:
    broken = run(1, complete=False, b="passed")
    result = compare(run(b="passed"), run(1, b="failed"), lambda _nodes: broken)
    assert result.newly_failing == ("t.py::b",)


def test_a_new_test_that_fails_counts_and_one_that_failed_before_does_not() -> None:
    after = run(1, a="failed", new="failed")
    result = compare(run(1, a="failed"), after, lambda _nodes: after)
    assert result.newly_failing == ("t.py::new",)


def test_many_new_failures_are_believed_at_once() -> None:
    names = [f"n{number}" for number in range(30)]
    before = run(**dict.fromkeys(names, "passed"))
    assert len(compare(before, run(1, **dict.fromkeys(names, "failed")), never).newly_failing) == 30


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (run(None, False), run(), "before the fix ran into its time limit"),
        (run(), run(None, False), "after the fix ran into its time limit"),
        (run(), run(0, False), "after the fix broke off"),
        (run(), run(2), "after the fix broke off (status 2)"),
        (run(3), run(), "before the fix broke off (status 3)"),
    ],
)
def test_a_suite_that_broke_off_shows_nothing(
    before: CheckRun, after: CheckRun, words: str
) -> None:
    result = compare(before, after, never)
    assert not result.complete and words in result.note and result.missing == ()


def test_even_half_a_suite_shows_what_broke() -> None:
    after = run(1, a="passed", b="failed")
    result = compare(run(None, False, a="passed", b="passed"), after, lambda _nodes: after)
    assert not result.complete and result.newly_failing == ("t.py::b",)


def test_a_test_that_is_skipped_now_was_not_repaired() -> None:
    before, after = run(1, a="passed", b="failed"), run(a="passed", b="skipped")
    assert after.ok and not passes_now([before], after)
    assert why(after, [before]) == "t.py::b failed before and is skipped now"
    assert passes_now([before], run(a="passed", b="passed"))


def test_a_file_that_could_not_be_collected_has_to_run_its_tests() -> None:
    broken = run(2).model_copy(update={"outcomes": {"t.py": "error"}})
    assert unpassed([broken], run(a="passed")) == ()
    assert unpassed([broken], run(a="skipped")) == ("t.py",)
    folder = run(2).model_copy(update={"outcomes": {"tests": "error"}})
    inside = run().model_copy(update={"outcomes": {"tests/t.py::a": "passed"}})
    assert unpassed([folder], inside) == ()


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        (run(a="passed"), True),
        (run(a="passed", b="skipped"), True),
        (run(a="xpassed"), False),
        (run(a="skipped"), False),
        (run(5), False),
        (run(1, a="passed"), False),
        (run(0, False, a="passed"), False),
        (run(a="passed", b="error"), False),
    ],
)
def test_what_counts_as_a_good_run(seen: CheckRun, ok: bool) -> None:
    assert seen.ok is ok
