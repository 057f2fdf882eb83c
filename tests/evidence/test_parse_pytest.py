"""pytest's output in the shapes that no recorded log holds."""

from __future__ import annotations

import pytest

from improve.evidence import distil
from improve.records.evidence import Failure

WIDE = "=" * 26
START = f"{WIDE} test session starts {WIDE}="
FAILURES = "=" * 35 + " FAILURES " + "=" * 35
SUMMARY = "=" * 27 + " short test summary info " + "=" * 28
END = "=" * 30 + " 1 failed in 0.02s " + "=" * 31


def told(*lines: str) -> list[Failure]:
    return list(distil("\n".join(lines).encode().split(b"\n")).failures)


def one(*lines: str) -> Failure:
    found = told(*lines)
    assert len(found) == 1, found
    return found[0]


LINES = {
    "a.py::test_b - ValueError: no": ("a.py::test_b", "ValueError", "no"),
    "a.py::test_b": ("a.py::test_b", None, ""),
    "a.py::C::test_b[x - y] - KeyError: 'z - w'": ("a.py::C::test_b[x - y]", "KeyError", "'z - w'"),
    "a.py::test_b[[1, 2]-a] - assert 1 == 2": (
        "a.py::test_b[[1, 2]-a]",
        "AssertionError",
        "assert 1 == 2",
    ),
    "a.py::test_b[c::d[0]] - E: x": ("a.py::test_b[c::d[0]]", "E", "x"),
    "my tests/a b.py::test_b - shop.Gone: x::y - z": (
        "my tests/a b.py::test_b",
        "shop.Gone",
        "x::y - z",
    ),
    "a.py::test_b[p] - ValueError: list[int] - [1]": (
        "a.py::test_b[p]",
        "ValueError",
        "list[int] - [1]",
    ),
    "a.py - ImportError: cannot import x::y": ("a.py", "ImportError", "cannot import x::y"),
    "a.py::test_b - AssertionE...": ("a.py::test_b", None, ""),
    "a.py::test_b - requests.exceptions.Timeout: slow": (
        "a.py::test_b",
        "requests.exceptions.Timeout",
        "slow",
    ),
}


@pytest.mark.parametrize("line", sorted(LINES))
def test_a_summary_line(line: str) -> None:
    failure = one(SUMMARY, "FAILED " + line)
    assert (failure.node_id, failure.error_type, failure.message) == LINES[line]


@pytest.mark.parametrize("line", [x for x in sorted(LINES) if "::test" in x])
def test_a_summary_line_pasted_alone(line: str) -> None:
    failure = one("some words before", "FAILED " + line, "some words after")
    assert (failure.node_id, failure.error_type, failure.message) == LINES[line]


def test_what_the_section_calls_the_test_settles_where_its_name_ends() -> None:
    failure = one(
        FAILURES,
        "_" * 29 + " test_b[a] - b] " + "_" * 30,
        "a.py:3: in test_b",
        "    f()",
        "E   ValueError: no",
        SUMMARY,
        "FAILED a.py::test_b[a] - b] - ValueError: no",
        END,
    )
    assert (failure.node_id, failure.message) == ("a.py::test_b[a] - b]", "no")


def test_verbose_lines_name_tests_when_the_log_stops_early() -> None:
    found = told(
        START,
        "a.py::test_a PASSED                     [ 25%]",
        "a.py::test_b[x y] FAILED                [ 50%]",
        "a.py::C::test_c <- base.py ERROR        [ 75%]",
        "[gw1] [ 80%] FAILED a.py::test_d ",
        "a.py::test_e SKIPPED (no FAILED here)   [ 90%]",
    )
    assert [f.node_id for f in found] == ["a.py::test_b[x y]", "a.py::C::test_c", "a.py::test_d"]


def test_equal_names_in_two_files_are_told_apart() -> None:
    header = "_" * 35 + " test_a " + "_" * 37
    found = told(
        FAILURES,
        header,
        "tests/y.py:3: in test_a",
        "E   KeyError: 'y'",
        header,
        "tests/x.py:5: in test_a",
        "E   KeyError: 'x'",
        SUMMARY,
        "FAILED tests/x.py::test_a",
        "FAILED tests/y.py::test_a",
        END,
    )
    assert {f.node_id: f.message for f in found} == {
        "tests/x.py::test_a": "'x'",
        "tests/y.py::test_a": "'y'",
    }


def test_a_session_inside_captured_output_is_not_ours() -> None:
    failure = one(
        START,
        FAILURES,
        "_" * 35 + " test_plugin " + "_" * 32,
        "tests/a.py:9: in test_plugin",
        "    result.assert_outcomes(passed=1)",
        "E   AssertionError: assert {'failed': 1} == {'passed': 1}",
        "-" * 29 + " Captured stdout call " + "-" * 29,
        START,
        FAILURES,
        "_" * 35 + " test_inner " + "_" * 33,
        "E   ValueError: inner",
        SUMMARY,
        "FAILED inner.py::test_inner - ValueError: inner",
        END,
        SUMMARY,
        "FAILED tests/a.py::test_plugin - AssertionError: assert {'failed': 1} == {...",
        END,
    )
    assert failure.node_id == "tests/a.py::test_plugin"
    assert failure.message == "assert {'failed': 1} == {'passed': 1}"


def test_an_internal_error() -> None:
    failure = one(
        START,
        "INTERNALERROR> Traceback (most recent call last):",
        'INTERNALERROR>   File "/opt/x/site-packages/_pytest/main.py", line 1, in wrap_session',
        "INTERNALERROR>     session.exitstatus = doit(config, session) or 0",
        'INTERNALERROR>   File "/home/runner/work/shop/shop/conftest.py", line 7, in pytest_x',
        "INTERNALERROR>     boom()",
        "INTERNALERROR> ZeroDivisionError: division by zero",
        "",
        "============================ no tests ran in 0.01s =============================",
    )
    assert (failure.kind, failure.error_type) == ("crash", "ZeroDivisionError")
    assert (failure.file, failure.line) == ("conftest.py", 7)


PASTED = (
    "    def test_total(cart):",
    ">       assert cart.total() == 8",
    "E       assert 7 == 8",
    "",
    "tests/test_cart.py:12: AssertionError",
)


def test_a_section_pasted_without_its_banner() -> None:
    header = "_" * 33 + " test_total " + "_" * 35
    failure = one(header, "", *PASTED, "that is all")
    assert failure.node_id == "tests/test_cart.py::test_total"
    assert (failure.error_type, failure.message, failure.line) == (
        "AssertionError",
        "assert 7 == 8",
        12,
    )


def test_a_section_pasted_without_its_header() -> None:
    failure = one("It fails like this:", "", *PASTED, "What can I do?")
    assert failure.node_id == "tests/test_cart.py::test_total"
    assert failure.message == "assert 7 == 8"


def test_ordinary_lines_are_no_failures() -> None:
    assert not told(
        "____ Welcome ____",
        "E   this is not an error line",
        ">   quoted text",
        "FAILED to open the door",
        "ERROR: something else went wrong",
        "ERROR 2026-01-02 12:00 [main] x::y - message",
        "0 FAILED, 3 PASSED",
        "=== building ===",
        "==================================",
        "test_a.py::helper is a name",
    )


def test_a_traceback_after_a_pasted_section_is_still_read_as_pytests() -> None:
    found = told(*PASTED, "FAILED tests/test_cart.py::test_total - assert 7 == 8")
    assert [f.node_id for f in found] == ["tests/test_cart.py::test_total"]


def test_a_run_that_ended_without_a_word_names_the_test_that_ran() -> None:
    failure = one(
        START,
        "a.py::test_a PASSED                     [ 25%]",
        "a.py::test_b ",
        "##[error]Process completed with exit code 139.",
    )
    assert (failure.kind, failure.node_id) == ("crash", "a.py::test_b")
    assert failure.message == "Process completed with exit code 139"


def test_a_job_that_was_canceled_names_the_test_that_hung() -> None:
    failure = one(START, "a.py::test_b ", "##[error]The operation was canceled.")
    assert (failure.kind, failure.node_id) == ("timeout", "a.py::test_b")


def test_a_green_run_has_no_failures() -> None:
    assert not told(
        START,
        "a.py::test_error_FAILED PASSED          [ 50%]",
        "a.py ..                                 [100%]",
        "=========================== warnings summary ===========================",
        "a.py::test_a",
        "  a.py:3: DeprecationWarning: old",
        "============================== 2 passed in 0.02s ===============================",
        "##[error]Process completed with exit code 1.",
    )


def test_two_sessions_of_one_log_are_both_read() -> None:
    one_session = [START, SUMMARY, "FAILED a.py::test_a - KeyError: 1", END]
    other = [START, SUMMARY, "FAILED b.py::test_b - KeyError: 2", END]
    assert [f.node_id for f in told(*one_session, *other)] == ["a.py::test_a", "b.py::test_b"]


def test_a_failure_seen_twice_is_told_once_and_fully() -> None:
    failure = one(
        SUMMARY,
        "FAILED a.py::test_a - KeyErr...",
        END,
        FAILURES,
        "_" * 36 + " test_a " + "_" * 36,
        "a.py:3: in test_a",
        "E   KeyError: 'x'",
        SUMMARY,
        "FAILED a.py::test_a - KeyError: 'x'",
        END,
    )
    assert (failure.error_type, failure.message, failure.line) == ("KeyError", "'x'", 3)


def test_pytest_sugar() -> None:
    failure = one(
        "Test session starts (platform: linux, Python 3.11.7, pytest 8.3.5, pytest-sugar 1.0.0)",
        "―" * 30 + " test_a " + "―" * 30,
        "",
        "    def test_a():",
        ">       f()",
        "E       ValueError: no",
        "",
        "a.py:3: ValueError",
        "",
        " a.py \u2a2f                                  100% ██████████",
        SUMMARY,
        "FAILED a.py::test_a - ValueError: no",
    )
    assert (failure.node_id, failure.error_type, failure.line) == ("a.py::test_a", "ValueError", 3)


def test_a_windows_path() -> None:
    failure = one(
        FAILURES,
        "_" * 36 + " test_a " + "_" * 36,
        r"tests\test_a.py:3: in test_a",
        "    f()",
        r"shop\cart.py:9: in f",
        "E   ValueError: no",
        SUMMARY,
        "FAILED tests/test_a.py::test_a - ValueError: no",
    )
    assert (failure.file, failure.line) == ("shop/cart.py", 9)
