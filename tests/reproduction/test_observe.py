"""Seeing a failure: always, sometimes, never, or another one than the log's."""

from __future__ import annotations

from collections.abc import Callable

from improve.records import CheckRun, Failure
from improve.reproduction.observe import DOUBTFUL_RUNS, Observation, observe

BOOM = Failure(
    node_id="t.py::a", error_type="ValueError", message="boom", signature="ValueError: boom"
)
OTHER = Failure(node_id="t.py::a", error_type="KeyError", message="'x'", signature="KeyError: x")


def run(failure: Failure | None = None, *, complete: bool = True, seconds: float = 0.1) -> CheckRun:
    failures = (failure,) if failure else ()
    return CheckRun(
        command=("pytest",), returncode=1 if failures or not complete else 0, complete=complete, seconds=seconds,
        outcomes={"t.py::a": "failed" if failures else "passed"} if complete else {}, failures=failures,
    )  # fmt: skip


def seen(
    nth: Callable[[int], CheckRun],
    *,
    flaky: bool = False,
    left: float = 1000,
    expected: Failure | None = BOOM,
    closer: bool = False,
    said: bool = False,
) -> Observation:
    numbers = iter(range(1000))
    return observe(
        lambda: nth(next(numbers)),
        expected,
        suspected_flaky=flaky,
        left=lambda: left,
        closer=closer,
        said=said,
    )


def test_three_equal_failures_are_enough() -> None:
    found = seen(lambda _: run(BOOM))
    assert (found.runs, found.failed, found.always, found.matches) == (3, 3, True, True)


def test_never_is_believed_sooner_of_a_deterministic_test() -> None:
    assert seen(lambda _: run()).runs == 3
    found = seen(lambda _: run(), flaky=True)
    assert (found.runs, found.failed, found.matches) == (DOUBTFUL_RUNS, 0, False)
    assert not found.always and not found.sometimes


def test_two_runs_that_differ_are_followed_up_to_a_rate() -> None:
    found = seen(lambda n: run(BOOM if n % 4 == 1 else None))
    assert (found.runs, found.failed) == (DOUBTFUL_RUNS, 5)
    assert found.sometimes and found.matches and found.failure == BOOM


def test_who_looks_closer_later_needs_no_rate_now() -> None:
    found = seen(lambda n: run(BOOM if n == 1 else None), closer=True)
    assert (found.runs, found.failed, found.sometimes, found.matches) == (3, 1, True, True)
    found = seen(lambda n: run((None, OTHER)[n] if n < 2 else BOOM), closer=True)
    assert found.runs == 3 and found.matches, "the third is the log's failure"
    assert seen(lambda n: run(OTHER if n % 2 else None), closer=True).runs == DOUBTFUL_RUNS


def test_three_failures_do_not_overrule_who_says_that_it_comes_and_goes() -> None:
    found = seen(lambda n: run(BOOM if n < 4 else None), closer=True, said=True)
    assert (found.runs, found.failed, found.sometimes) == (5, 4, True)
    found = seen(lambda _: run(BOOM), closer=True, said=True)
    assert (found.runs, found.always) == (10, True)
    found = seen(lambda _: run(BOOM, seconds=30), closer=True, said=True)
    assert (found.runs, found.always) == (3, True), "what takes long is not run so often"
    assert seen(lambda _: run(), closer=True, said=True).runs == 3, "many runs follow anyway"


def test_another_failure_is_not_the_one_in_the_log() -> None:
    found = seen(lambda _: run(OTHER))
    assert found.always and not found.matches and found.failure == OTHER and found.reason


def test_the_logs_failure_goes_before_others() -> None:
    found = seen(lambda n: run(OTHER if n == 0 else BOOM))
    assert found.matches and found.failure == BOOM


def test_without_a_log_the_first_failure_counts() -> None:
    found = seen(lambda _: run(OTHER), expected=None)
    assert found.matches and found.failure == OTHER


def test_a_run_that_broke_off_is_neither_a_failure_nor_a_pass() -> None:
    found = seen(lambda _: run(complete=False))
    assert found.failed == 0 and not found.matches and not found.last.ok


def test_no_run_is_begun_that_the_time_does_not_hold() -> None:
    found = seen(lambda _: run(BOOM, seconds=60), left=100)
    assert found.runs == 1 and found.always
