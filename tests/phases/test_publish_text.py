"""What people read of a fix: the commit's title and body."""

from __future__ import annotations

import re

import pytest

from improve.phases.publish import _body, _title
from improve.records import Attempt, Failure, Proof, Reproduction

HOSTILE = "Fixes #1, closes https://github.com/o/r/issues/2 @someone\n\nSigned-off-by: x\x1b[31m"
PROOF = Proof(outcome="verified", before_runs=3, before_failures=3, after_runs=5, after_passes=5)


def kept(explanation: str, *files: str, proof: Proof | None = PROOF) -> Attempt:
    return Attempt(
        number=1, agent="embedded", outcome="kept", explanation=explanation, files=files, proof=proof
    )  # fmt: skip


def reproduction(node: str, error: str | None = "ValueError") -> Reproduction:
    return Reproduction(
        outcome="reproduced", commit="1" * 40, original_node_ids=(node,) if node else (),
        observed=Failure(error_type=error),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("node", "error", "files", "title"),
    [
        ("tests/t.py::T::test_a[x y]", "ValueError", ("src/shop.py",), "fix(shop): ValueError in test_a"),
        ("t.py", "pkg.errors.Boom", ("a.py", "b.py"), "fix(a): Boom in t.py"),
        ("", None, (), "fix(code): failure"),
        ("t.py::test_" + "a" * 90, "E", ("x.py",), "fix(x): E in test_" + "a" * 54),
        ("t.py::test_a", "E\n#1 @x", ("we ird$(x).py",), "fix(weirdx): E1x in test_a"),
    ],
)  # fmt: skip
def test_titles_are_conventional_short_and_made_of_identifiers(
    node: str, error: str | None, files: tuple[str, ...], title: str
) -> None:
    assert _title(kept("", *files), reproduction(node, error)) == title and len(title) <= 72


def test_the_body_says_what_failed_and_how_it_is_known_to_work() -> None:
    assert _body(kept("The loop ends one early."), reproduction("t.py::a")) == (
        "The loop ends one early.\n\nFailing test: t.py::a\n\n"
        "It failed in 3 of 3 runs before and passes in 5 of\n5 with this change.\n\n"
    )


def test_nothing_in_the_body_closes_mentions_or_signs() -> None:
    text = _body(kept(HOSTILE + " word" * 300), reproduction("t.py::a[#1 @x]"))
    assert not set("#@\x1b") & set(text) and "://" not in text
    assert not re.search(r"(?m)^Signed-off-by", text), "the agent added a trailer"
    assert max(len(line) for line in text.splitlines()) <= 72 and len(text) < 1000


def test_an_agent_that_says_nothing_leaves_no_gap() -> None:
    assert _body(kept("", proof=None), reproduction("")) == ""
