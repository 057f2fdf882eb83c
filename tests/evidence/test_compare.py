"""When a failure seen here is the failure of the log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence import compare
from improve.records.evidence import Failure, Frame

NODE = "tests/test_cart.py::TestCart::test_total[a b]"
HERE = "tests/test_repro.py::test_total"


def seen(name: str | None, message: str = "", **more: object) -> Failure:
    return Failure.model_validate({"error_type": name, "message": message, **more})


# expected (the log), observed (here), grade
CASES = {
    "the same": (seen("KeyError", "'a'"), seen("KeyError", "'a'"), "exact"),
    "other numbers": (
        seen("ValueError", "took 12.5 s of 10"),
        seen("ValueError", "took 11 s of 9"),
        "exact",
    ),
    "other addresses": (
        seen("TypeError", "<Cart at 0x7f01> is no number"),
        seen("TypeError", "<Cart at 0x55aa0> is no number"),
        "exact",
    ),
    "qualified name": (seen("shop.Gone", "no cart"), seen("Gone", "no cart"), "exact"),
    "local class": (seen("t.test_a.<locals>.Gone", "x y z"), seen("Gone", "x y z"), "exact"),
    "message cut by the summary": (
        seen("ValueError", "invalid literal for int() with ba...", message_cut=True),
        seen("ValueError", "invalid literal for int() with base 10: 'seven'"),
        "exact",
    ),
    "message cut by us, without dots": (
        seen("ValueError", "no row for customer An", message_cut=True),
        seen("ValueError", "no row for customer Anna in the table"),
        "exact",
    ),
    "cut inside a number": (
        seen("ValueError", "expected a total of 12...", message_cut=True),
        seen("ValueError", "expected a total of 1234 coins"),
        "exact",
    ),
    "elided in the middle": (
        seen("AssertionError", "assert {'a': 1, 'b':...': {'x': 'y'}} == {}"),
        seen("AssertionError", "assert {'a': 1, 'b': [1, 2], 'c': {'x': 'y'}} == {}"),
        "exact",
    ),
    "assertion not rewritten here": (
        seen("AssertionError", "assert 7 == 8", node_id=NODE),
        seen("AssertionError", "", node_id=HERE),
        "same_type",
    ),
    "assertion with a message on one side": (
        seen("AssertionError", "total is wrong for this cart", node_id=NODE),
        seen("AssertionError", "assert 7 == 8", node_id=HERE),
        "same_type",
    ),
    "assertion without its name": (
        seen("AssertionError", "assert 1 == 2"),
        seen("AssertionError", "assert 1 == 2"),
        "exact",
    ),
    "no message in the log": (seen("KeyError", ""), seen("KeyError", "'a'"), "same_type"),
    "no error in the log, same test": (
        seen(None, "", node_id=NODE),
        seen("KeyError", "'a'", node_id=HERE),
        "same_type",
    ),
    "no error in the log, another test": (
        seen(None, "", node_id=NODE),
        seen("KeyError", "'a'", node_id="tests/test_repro.py::test_other"),
        "different",
    ),
    "no error in the log, no test": (seen(None), seen("KeyError", "'a'"), "different"),
    "another type": (seen("KeyError", "'a'"), seen("ValueError", "'a'"), "different"),
    "another message": (
        seen("ValueError", "cannot reach the warehouse"),
        seen("ValueError", "too many values to unpack (expected 2)"),
        "different",
    ),
    "another key": (seen("KeyError", "'price'"), seen("KeyError", "'count'"), "different"),
    "a similar message": (
        seen("ModuleNotFoundError", "cannot import name 'a' from 'shop.cart' in shop"),
        seen("ModuleNotFoundError", "cannot import name 'a' from 'shop.basket' in shop"),
        "same_type",
    ),
    "another message, the same place": (
        seen("OSError", "gone fishing", frames=(Frame(file="shop/a.py", line=3, function="f"),)),
        seen("OSError", "not there", frames=(Frame(file="/w/shop/a.py", line=9, function="f"),)),
        "same_type",
    ),
    "both crashed": (
        seen(None, "worker 'gw0' crashed while running 'x'", kind="crash"),
        seen(None, "Fatal Python error: Segmentation fault", kind="crash"),
        "same_type",
    ),
    "both timed out": (
        seen("Failed", "Timeout >1.0s", kind="timeout"),
        seen("Failed", "Timeout (>5.0s) from pytest-timeout.", kind="timeout"),
        "same_type",
    ),
    "crashed there, failed here": (
        seen(None, "Fatal Python error: Aborted", kind="crash"),
        seen("KeyError", "'a'"),
        "different",
    ),
    "strict xfail": (
        seen(None, "[XPASS(strict)]", node_id=NODE),
        seen(None, "[XPASS(strict)]", node_id=HERE),
        "exact",
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_grade(case: str) -> None:
    expected, observed, grade = CASES[case]
    match = compare(expected, observed)
    assert match.grade == grade, match.reason
    assert match.same == (grade != "different")
    assert match.reason and "\n" not in match.reason


@pytest.mark.parametrize("case", ["the same", "elided in the middle", "another type"])
def test_the_grade_is_the_same_both_ways(case: str) -> None:
    expected, observed, grade = CASES[case]
    assert compare(observed, expected).grade == grade


def test_a_short_cut_proves_nothing() -> None:
    cut = seen("ValueError", "in...", message_cut=True)
    assert compare(cut, seen("ValueError", "index is wrong by far")).grade != "exact"


TEXTS = st.text(max_size=200) | st.sampled_from(["", "...", "assert ", "a...b", "1 2 3"])
FAILURES = st.builds(
    Failure,
    kind=st.sampled_from(["call", "crash", "timeout", "setup"]),
    error_type=st.none() | st.sampled_from(["KeyError", "AssertionError", "a.B"]),
    message=TEXTS,
    message_cut=st.booleans(),
    node_id=st.none() | st.sampled_from([NODE, HERE, "x", "::", ""]),
)


@given(FAILURES, FAILURES)
def test_any_two_failures_can_be_compared(one: Failure, other: Failure) -> None:
    match = compare(one, other)
    assert match.same == (match.grade != "different")
    assert match.reason


@given(FAILURES)
def test_a_failure_is_the_same_as_itself(one: Failure) -> None:
    match = compare(one, one)
    untold = one.kind not in ("crash", "timeout") and not one.error_type and not one.message.strip()
    assert match.same or untold, match.reason
