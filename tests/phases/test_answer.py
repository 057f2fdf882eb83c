"""The answer to a comment: sentences of ours, once, whatever other jobs left. With the real gh."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.forge import conftest as forge
from tests.support.events import comment_event, surroundings
from tests.support.github_server import Fault, GitHub
from tests.support.github_state import Comment

from improve import rundir
from improve.errors import ImproveError
from improve.phases import answer
from improve.records import Known, Publication, ReportFacts

github, tools = forge.github, forge.tools  # fixtures
SIGNS = "fixes #1 @everyone <b> [x](https://h.invalid)\n- forged"


@pytest.fixture
def environ(github: GitHub, tmp_path: Path) -> dict[str, str]:
    github.comments.append(Comment(901, 5, "/auto-fix", "octocat"))
    payload = comment_event(github, github.comments[0])
    return surroundings(tmp_path, "issue_comment", payload, github)


def left(folder: Path, artifact: str, name: str, headline: str) -> Path:
    """What the artifact of a job holds."""
    run = folder / artifact / f"2026-01-02_03-04-05_{name}"
    run.mkdir(parents=True)
    (run / "validate.json").write_text("{}")
    rundir.save(run, ReportFacts(status="partial", path="x", headline=headline))
    return run


def test_each_request_is_one_sentence_from_where_it_was_published(
    github: GitHub, environ: dict[str, str], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    left(runs, "improve-run-1", "one", "It is not published yet.")
    done = left(runs, "improve-run-published-1", "one", "A fix is proven.")
    rundir.save(done, Publication(outcome="created", number=7))
    open_one = left(runs, "improve-run-2", "two", SIGNS)
    rundir.save(open_one, Known(number=3))
    assert answer.run(environ, runs, "") == "created"
    lines = github.comments[1].body.splitlines()
    assert lines[2] == "- A fix is proven. It is pull request #7."
    assert lines[3].endswith("It is pull request #3.") and len(lines) == 6
    assert not any(sign in lines[3][:-24] for sign in ("#", "@", "<b>", "://", "- forged\n"))
    assert answer.run(environ, runs, "") == "unchanged"
    assert len(github.comments) == 2


def test_a_refusal_and_an_early_end_are_told_too(
    github: GitHub, environ: dict[str, str], tmp_path: Path
) -> None:
    answer.run(environ, tmp_path / "nothing", "")
    assert answer.NOTHING in github.comments[1].body
    github.comments.pop()
    answer.run(environ, None, SIGNS)
    (_, told) = github.comments
    assert "Nothing was started: " in told.body and "@everyone" not in told.body


def test_a_lost_answer_is_looked_for_before_another_is_written(
    github: GitHub, environ: dict[str, str]
) -> None:
    retry = {"retry-after": "0"}
    github.faults = [Fault("/comments", 503, "Unicorn", retry, 1, "lost", method="POST")]
    assert answer.run(environ, None, "no") == "created"
    assert len(github.comments) == 2


def test_a_wait_is_told(github: GitHub, environ: dict[str, str]) -> None:
    github.faults = [Fault("/comments", 429, "Slow down", {"retry-after": "0"}, 1)]
    told: list[str] = []
    assert answer.run(environ, None, "no", told.append) == "created"
    assert told == ["github.com: rate limit; try 2 of 5 in 0 s"]


def test_what_github_forbids_names_the_permission(github: GitHub, environ: dict[str, str]) -> None:
    github.faults = [Fault("/comments", 403, "Resource not accessible", method="POST")]
    with pytest.raises(ImproveError, match="issues: write"):
        answer.run(environ, None, "no")
