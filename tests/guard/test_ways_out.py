"""Silenced linters, exits with success, and branches that compute the test's own input."""

from __future__ import annotations

import pytest

from improve.guard import inspect_change
from improve.guard.literals import asks_for_inputs

TEST = "from shop import total\n\n\ndef test_it():\n    assert total(120) == 108\n"


def told(path: str, before: str, after: str, test: str = TEST) -> str:
    verdict = inspect_change({path: before}, {path: after}, test, None)
    return "" if verdict.passed else verdict.reason


SILENCES = [
    ("shop.py", "import os  # noqa: F401"),
    ("shop.py", "x = f()  # type: ignore[arg-type]"),
    ("shop.py", "# pylint: disable=all"),
    ("shop.py", "# mypy: ignore-errors"),
    ("shop.js", "f(x); // eslint-disable-line no-undef"),
    ("shop.ts", "/* @ts-ignore */ f(x)"),
    ("shop.go", "f(x) //nolint:errcheck"),
    ("shop.rs", "#![allow(dead_code)]"),
    ("shop.rb", "f(x) # rubocop:disable Metrics"),
    ("Shop.java", '@SuppressWarnings("unchecked")'),
    ("Shop.kt", '@Suppress("UNCHECKED_CAST")'),
    ("shop.cpp", "f(x); // NOLINT"),
    ("Shop.cs", "#pragma warning disable CS1591"),
    ("run.sh", "# shellcheck disable=SC2086"),
    ("shop.php", "f($x); // @phpstan-ignore-line"),
]


@pytest.mark.parametrize(("path", "line"), SILENCES)
def test_a_silenced_linter_is_told_with_its_line(path: str, line: str) -> None:
    assert f"{path}:2 silences the linter: " in told(path, "a\n", f"a\n{line}\n")


def test_a_test_is_passed_by_no_such_word() -> None:
    before, after = {"shop.py": "a\n"}, {"shop.py": "a\nx = f()  # type: ignore[arg-type]\n"}
    assert inspect_change(before, after, TEST, None, linted=False).passed
    assert not inspect_change(before, after, TEST, None).passed


def test_what_was_silent_before_may_stay_and_move() -> None:
    quiet = "import os  # noqa: F401\n"
    assert told("shop.py", f"a = 1\n{quiet}", f"{quiet}a = 2\n") == ""
    assert told("shop.py", quiet, "import os, sys  # noqa: F401\n") == ""
    moved = inspect_change({"a.py": quiet}, {"a.py": "", "b.py": quiet}, TEST, None)
    assert moved.passed, moved.reason
    more = inspect_change({"a.py": quiet}, {"a.py": quiet, "b.py": quiet}, TEST, None)
    assert more.reason.startswith("b.py:1 silences the linter")
    assert told("notes.md", "", "write `# noqa` behind it") == ""


ENDS = [
    "raise SystemExit",
    "raise SystemExit(0)",
    "import sys\nsys.exit()",
    "from sys import exit as leave\nleave(None)",
    "import sys\nsys.exit(int(False))",
    "exit()",
    "quit(0)",
    "import os\nos.execvp('true', ['true'])",
]
STAYS = [
    "raise SystemExit(2)",
    "import sys\nsys.exit('no such file')",
    "import sys\nsys.exit(status)",
    "import sys\nsys.exit(main())",
    "if __name__ == '__main__':\n    raise SystemExit(0)",
    "def exit_status():\n    return 0",
]


@pytest.mark.parametrize("text", ENDS)
def test_a_new_exit_with_success_is_refused(text: str) -> None:
    assert "ends the process: " in told("shop.py", "", text)
    assert told("shop.py", text, f"a = 1\n{text}") == "", "the project's own"
    assert (
        told("shop.py", "", text, "def test_it():\n    with raises(SystemExit):\n        f()\n")
        == ""
    )


@pytest.mark.parametrize("text", STAYS)
def test_other_exits_are_taken(text: str) -> None:
    assert told("shop.py", "", text) == "" and told("__main__.py", "", ENDS[0]) == ""


PINS = [
    "n // 2 == 60",
    "n - 100 == 20",
    "n * 7 == 840",
    "65 == (n + 10) // 2",
    "n ^ 1 == 121",
]
HOLD_FOR_MORE = [
    "n % 2 == 0",
    "n // 100 == 1",
    "n % 100 == 20",
    "n & 8 == 8",
    "n // 2 == 61",
    "n - m == 20",
]


@pytest.mark.parametrize("test", PINS)
def test_a_branch_that_computes_the_tests_input_is_refused(test: str) -> None:
    after = f"def total(n, m=1):\n    if {test}:\n        return n - 12\n    return n - n // 5\n"
    assert told("shop.py", "", after) == f"shop.py:2 special-cases the test: if {test}"


@pytest.mark.parametrize("test", HOLD_FOR_MORE)
def test_a_branch_that_holds_for_others_is_taken(test: str) -> None:
    after = f"def total(n, m=1):\n    if {test}:\n        return n - 12\n    return n - n // 5\n"
    assert told("shop.py", "", after) == ""


def test_a_branch_on_the_tests_literal_is_known_whatever_it_does() -> None:
    after = "def total(n):\n    if n == 120:\n        n -= f(n)\n    return n\n"
    assert told("shop.py", "", after) == "", "a product may need it"
    assert [one.what for one in asks_for_inputs(None, after, TEST)] == ["if n == 120"]
    assert not asks_for_inputs(after, after, TEST)
