"""Somebody wrote /auto-fix: who may, about what, and that nothing was swapped since. With the real gh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import github_pulls
from tests.support.events import LATER, comment_event, surroundings
from tests.support.github_server import GitHub, Job, Run
from tests.support.github_state import Comment
from tests.support.hostile_inputs import HOSTILE

from improve.contract import check_request
from improve.phases import decide
from improve.triggers.decision import Decision

HEAD = "6dcb09b5b57875f334f61aebed695e2e4193db5e"  # of every branch, without a repository behind
BEFORE = "c" * 40
URL = "https://github.com/acme/shop/actions/runs/"


@pytest.fixture
def asked(github: GitHub) -> GitHub:
    """Pull request 1 with two failed runs at its head, and mona, who may write."""
    github.permissions["mona"] = "write"
    github_pulls.add(github, "acme:feature", {"title": "x", "base": "main"})
    for number in (5, 6):
        jobs = [Job(number * 10, "test", "failure", b"log\n")]
        github.add(Run(number, [jobs], sha=HEAD, branch="feature", event="pull_request"))
    github.comments.append(Comment(901, 1, "/auto-fix please", "mona", "NONE"))
    return github


def decided(github: GitHub, folder: Path, **more: Any) -> Decision:
    payload = comment_event(github, github.comments[0], **more)
    return decide.run(surroundings(folder, "issue_comment", payload, github))


def write(body: str, author: str = "mona", association: str = "NONE") -> Callable[[GitHub], object]:
    def change(github: GitHub) -> None:
        github.comments[0] = Comment(901, 1, body, author, association)

    return change


def test_the_newest_failed_run_of_the_head_is_fixed(asked: GitHub, tmp_path: Path) -> None:
    made = decided(asked, tmp_path)
    assert (made.go, made.reason, made.answer) == (True, "mona asked for it: CI, run 6.", True)
    (start,) = made.starts
    assert start.request == {
        "deterministic": True, "prompt": "please", "url": f"{URL}6/attempts/1", "commit": HEAD,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["admin", "maintain", "write"])
def test_who_may_write_may_ask(asked: GitHub, tmp_path: Path, role: str) -> None:
    asked.permissions["mona"] = role
    assert decided(asked, tmp_path).go


@pytest.mark.parametrize("role", ["triage", "read", "none", None])
@pytest.mark.parametrize("association", ["OWNER", "MEMBER"])
def test_who_may_not_is_refused_and_not_answered_whatever_the_comment_claims(
    asked: GitHub, tmp_path: Path, role: str | None, association: str
) -> None:
    del asked.permissions["mona"]
    if role:
        asked.permissions["mona"] = role
    write("/auto-fix", association=association)(asked)
    made = decided(asked, tmp_path)
    assert (made.go, made.answer) == (False, False)
    assert made.reason == "mona may not write to acme/shop."


def pushed(github: GitHub) -> None:
    for run in github.runs.values():
        run.sha = BEFORE  # what CI had tested when the comment was written


def pushed_and_tested(github: GitHub) -> None:
    pushed(github)
    jobs = [Job(90, "test", "failure", b"log\n")]
    github.add(Run(9, [jobs], sha=HEAD, branch="feature", created=LATER))


def forked(github: GitHub) -> None:
    github.pulls[0]["head"]["repo"]["full_name"] = "stranger/shop"


def ours(github: GitHub) -> None:
    github.pulls[0]["head"]["ref"] = "fix/total"


def passed(github: GitHub) -> None:
    for run in github.runs.values():
        run.conclusion = "success"


def closed(github: GitHub) -> None:
    github.pulls[0]["state"] = "closed"


def of_fork(github: GitHub) -> None:
    for run in github.runs.values():
        run.head_repository = "stranger/shop"


REFUSED: dict[str, tuple[Callable[[GitHub], object], str, bool]] = {
    "a bot": (write("/auto-fix", "helper[bot]"), "helper[bot] wrote the comment", False),
    "our own bot": (write("/auto-fix", "github-actions[bot]"), "bot that is not listed", False),
    "no command": (write("please /auto-fix"), "no new /auto-fix", False),
    "another command": (write("/auto-fixes"), "no new /auto-fix", False),
    "a quoted command": (write("> /auto-fix"), "no new /auto-fix", False),
    "a fork": (forked, "comes from a fork", True),
    "a fork's run": (of_fork, "older than the comment", True),
    "a branch of ours": (ours, "branch of this toolkit", True),
    "closed": (closed, "is closed", True),
    "pushed since": (pushed, "may have been pushed since", True),
    "pushed and tested since": (pushed_and_tested, "may have been pushed since", True),
    "nothing failed": (passed, "No finished run of 6dcb09b5b578 failed.", True),
    "another run": (write(f"/auto-fix {URL}77"), "Run 77 is not of 6dcb09b5b578", True),
    "elsewhere": (write("/auto-fix https://github.com/other/shop/actions/runs/6"), "another repository", True),
    "another host": (write("/auto-fix https://evil.example/acme/shop/actions/runs/6"), "another repository", True),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "told", "answer"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_why(
    asked: GitHub, tmp_path: Path, spoil: Callable[[GitHub], object], told: str, answer: bool
) -> None:
    """The control is the first test: unspoilt, the same comment starts a fix."""
    spoil(asked)
    made = decided(asked, tmp_path)
    assert (made.go, made.starts, made.answer) == (False, (), answer)
    assert told in made.reason


def test_an_edited_comment_and_one_older_than_every_run_start_nothing(
    asked: GitHub, tmp_path: Path
) -> None:
    assert not decided(asked, tmp_path, action="edited").go
    same_second = asked.runs[6].created
    assert "pushed since" in decided(asked, tmp_path, created=same_second).reason


def test_a_listed_bot_is_let_through(asked: GitHub, tmp_path: Path) -> None:
    write("/auto-fix", "helper[bot]")(asked)
    payload = comment_event(asked, asked.comments[0])
    environ = surroundings(tmp_path, "issue_comment", payload, asked)
    assert decide.run({**environ, "IMPROVE_ALLOWED_BOTS": "helper[bot]"}).go
    assert not decide.run(environ).go


def test_a_run_of_the_head_may_be_named(asked: GitHub, tmp_path: Path) -> None:
    write(f"/auto-fix {URL}5/job/50?pr=1 it is the older one")(asked)
    (start,) = decided(asked, tmp_path).starts
    assert start.request["url"] == f"{URL}5/attempts/1"
    assert start.request["prompt"] == "it is the older one"


def test_an_issue_needs_the_address_of_a_run(asked: GitHub, tmp_path: Path) -> None:
    without = decided(asked, tmp_path, pull=False)
    assert (without.go, without.answer) == (False, True)
    assert "write /auto-fix with the address" in without.reason
    write(f"/auto-fix\n\nIt broke: <{URL}6>.")(asked)
    (start,) = decided(asked, tmp_path, pull=False).starts
    assert (start.request["url"], start.request["commit"]) == (f"{URL}6/attempts/1", HEAD)
    asked.runs[6].head_repository = "stranger/shop"
    assert "fork" in decided(asked, tmp_path, pull=False).reason
    del asked.runs[6]
    assert "no run 6" in decided(asked, tmp_path, pull=False).reason


def test_hostile_words_become_a_prompt_that_the_contract_takes(
    asked: GitHub, tmp_path: Path
) -> None:
    """A few through GitHub; tests/contract/test_command_comment.py has all of them."""
    for kind, text in list(HOSTILE.items())[::20]:
        write(f"/auto-fix {text}")(asked)
        made = decided(asked, tmp_path)
        assert made.go, f"{kind}: {made.reason}"
        check_request(made.starts[0].request)
        assert "\n" not in made.matrix + made.reason, kind
        assert made.starts[0].request["commit"] == HEAD
