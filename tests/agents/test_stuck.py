"""Attempts that go in circles are noticed, and the next one is asked for something else."""

from __future__ import annotations

import pytest

from improve.agents.stuck import strategy
from improve.records import Attempt
from improve.records.fix import AttemptOutcome

A = b"diff --git a/shop.py b/shop.py\n--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
A_ELSEWHERE = A.replace(b"@@ -1 +1 @@", b"@@ -7 +9 @@ def f():\n context")
A_REFORMATTED = A.replace(b"+a = 2", b"+a  =  2")
B = A.replace(b"+a = 2", b"+a = 3")


def attempt(
    number: int,
    outcome: AttemptOutcome = "not_fixed",
    signature: str = "s",
    files: tuple[str, ...] = ("shop.py",),
) -> Attempt:
    return Attempt(
        number=number, agent="claude", outcome=outcome, signature=signature, files=files,
        reason=f"reason {number}",
    )  # fmt: skip


def asked(*attempts: tuple[Attempt, bytes]) -> tuple[str, str]:
    history = [one for one, _ in attempts]
    return strategy(history, {one.number: patch for one, patch in attempts if patch})


def test_the_first_attempt_and_one_that_failed_once_are_asked_plainly() -> None:
    assert asked() == ("", "")
    assert asked((attempt(1), A)) == ("", "")


@pytest.mark.parametrize("again", [A, A_ELSEWHERE, A_REFORMATTED])
def test_the_same_change_again_asks_for_another_cause(again: bytes) -> None:
    assert asked((attempt(1), A), (attempt(3), again)) == (
        "other_cause", "attempts 1 and 3 made the same change",
    )  # fmt: skip


def test_two_changes_without_a_line_are_not_the_same_change() -> None:
    moved, other = (
        b"diff --git a/%s b/%s\nold mode 100644\nnew mode 100755\n" % (n, n) for n in (b"x", b"y")
    )
    first, second = attempt(1, signature=""), attempt(2, signature="", files=("y",))
    assert asked((first, moved), (second, other)) == ("", "")


def test_the_same_failure_after_changes_in_the_same_files_asks_for_another_place() -> None:
    found = asked((attempt(1), A), (attempt(2), B))
    assert found[0] == "other_place" and "attempts 1 and 2" in found[1]


def test_the_same_failure_after_changes_elsewhere_asks_for_another_cause() -> None:
    found = asked((attempt(1), A), (attempt(2, files=("till.py",)), B))
    assert found[0] == "other_cause"


def test_another_failure_is_progress() -> None:
    assert asked((attempt(1), A), (attempt(2, signature="t"), B)) == ("", "")


def test_what_made_more_fail_asks_for_something_smaller() -> None:
    assert asked((attempt(1, "made_worse"), A))[0] == "smaller"


def test_what_was_refused_asks_for_what_is_allowed_and_says_why() -> None:
    found = asked((attempt(1, "refused"), A))
    assert found == ("allowed_only", "attempt 1 was refused: reason 1")


def test_rungs_that_were_skipped_or_changed_nothing_do_not_count() -> None:
    assert asked((attempt(1, "skipped"), b""), (attempt(2, "no_change"), b"")) == ("", "")
