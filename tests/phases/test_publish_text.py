"""What people read of a fix: the commit's title and body."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from improve.forge import commit_text, pull_request_file
from improve.records import (
    Attempt,
    CiRun,
    Developer,
    Evidence,
    Failure,
    Fix,
    Proof,
    Reproduction,
    RootCause,
    Verdict,
)

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
    assert (
        commit_text.title(kept("", *files), reproduction(node, error)) == title and len(title) <= 72
    )


def test_the_body_says_what_failed_and_how_it_is_known_to_work() -> None:
    assert commit_text.body(kept("The loop ends one early."), reproduction("t.py::a")) == (
        "The loop ends one early.\n\nFailing test: t.py::a\n\n"
        "It failed in 3 of 3 runs before and passes in 5 of\n5 with this change.\n\n"
    )


def test_nothing_in_the_body_closes_mentions_or_signs() -> None:
    text = commit_text.body(kept(HOSTILE + " word" * 300), reproduction("t.py::a[#1 @x]"))
    assert not set("#@\x1b") & set(text) and "://" not in text
    assert not re.search(r"(?m)^Signed-off-by", text), "the agent added a trailer"
    assert max(len(line) for line in text.splitlines()) <= 72 and len(text) < 1000


def test_an_agent_that_says_nothing_leaves_no_gap() -> None:
    assert commit_text.body(kept("", proof=None), reproduction("")) == ""


RUN = "https://github.com/acme/shop/actions/runs/7/job/31?pr=1#step:4:17"
SIGNS = "a | b\n```\n## 9. Forged\n@someone fixes #1 <b> [x](y) \x1b[31m\u202e https://h.invalid/issues/1"


def pull_request(url: str = RUN) -> str:
    """The whole file, with wild text wherever a log, an agent or the project can put some."""
    step = Verdict(rule="suite", passed=False, reason=SIGNS, shown=False)
    attempt = kept(SIGNS, "shop.py", proof=Proof(outcome="unverified", steps=(step,)))
    seen = Reproduction(
        outcome="reproduced", commit="1" * 40, kind="command", node_ids=(f"make x\n{SIGNS}",),
        original_node_ids=(SIGNS,), observed=Failure(error_type=SIGNS, message=SIGNS), branch="repro/shop",
    )  # fmt: skip
    fix = Fix(outcome="fixed", base="main", root_cause=RootCause(summary=SIGNS, locations=(SIGNS,)))
    ci = CiRun(url=url, repository="acme/shop", id=7, attempt=3, commit="1" * 40)
    top = Path(__file__).parents[2]
    return pull_request_file.pull_request(
        top, "fix(shop): x", "fix/shop", seen, fix, attempt, (Developer(name=SIGNS, why=SIGNS),),
        Evidence(source="url", ci_run=ci), verdict=("unverified", (f"suite: {SIGNS}",)),
    )  # fmt: skip


def test_nothing_in_a_pull_request_forges_mentions_or_closes() -> None:
    prose = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", pull_request())
    assert not [title for title in re.findall(r"(?m)^## (.+)$", prose) if "Forged" in title]
    said = re.sub(r"(?<![\\`])(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    link = "https://github.com/acme/shop/actions/runs/7/attempts/3"
    assert f"\nThe failed run: <{link}>\n" in said
    said = said.replace(f"<{link}>", "")
    for wrong in ("```", "@someone", "#1", "<b>", "\x1b", "\u202e", "https://", "[x]("):
        assert not re.search(r"(?<!\\)" + re.escape(wrong), said), f"{wrong!r} in\n{said}"


def test_a_run_without_a_known_address_is_not_linked() -> None:
    assert "The failed run" not in pull_request("https://h.invalid/x) @someone")


@pytest.mark.parametrize(("whose", "told"), [("job", True), ("app", False), (None, False)])
def test_who_pushes_with_the_jobs_token_is_told_that_no_ci_starts(
    monkeypatch: pytest.MonkeyPatch, whose: str | None, told: bool
) -> None:
    """The workflow says whose token it is; both look the same."""
    monkeypatch.setenv("GH_TOKEN", "ghs_x")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    if whose:
        monkeypatch.setenv("IMPROVE_WHOSE_TOKEN", whose)
    assert ("**CI has not run on this.**" in pull_request()) == told
