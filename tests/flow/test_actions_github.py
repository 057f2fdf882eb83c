"""The workflow from an event of GitHub to a draft pull request and an answer, with the real gh."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.flow import test_actions_journey as journey
from tests.forge import conftest as forge
from tests.support import github_pulls
from tests.support.events import comment_event, run_event, surroundings
from tests.support.github_reader import active, hidden
from tests.support.github_server import TOKEN, GitHub, Job, Run
from tests.support.github_state import Comment
from tests.support.hostile_inputs import CANARY, HOSTILE
from tests.support.repositories import git
from tests.support.shop import FILES
from tests.support.step_runner import Machine, Stand, obeyed
from tests.support.toolkit import log_of
from tests.support.workflow_runner import Contexts, Ran, Start, run_workflow

pytestmark = pytest.mark.slow
github, tools = forge.github, forge.tools  # fixtures
start, stands = journey.start, journey.stands
PULL = "https://github.com/acme/shop/pull/1"
RUN = "https://github.com/acme/shop/actions/runs/7"
NAME = "::error::test (3.11) $(touch canary) | @octo/team fixes #1 `x` \x1b[31m\u202e<b>"
HEARD = [
    line
    for text in HOSTILE.values()
    for line in text.encode("utf-8", "replace").decode().split("\n")
]


@pytest.fixture
def red_runs(github: GitHub, shop: Path) -> list[str]:
    """Two runs that failed at the head of acme/shop; what they are called and print is hostile."""
    github.bare = shop.parent / "shop-origin.git"
    lines = [*journey.COMMANDS.split("\n"), *HEARD, *log_of(FILES).split("\n")]
    log = "".join(f"2026-01-02T03:04:05.0000000Z {line}\n" for line in lines).encode()
    job = {"conclusion": "failure", "log": log, "steps": ((NAME, "failure"),), "labels": (NAME,)}
    sha = git(shop, "rev-parse", "main")
    return [
        github.add(Run(n, [[Job(n * 10, NAME, **job)]], sha=sha, workflow=NAME)) for n in (6, 7)
    ]


@pytest.fixture
def at_github(stands: dict[str, Stand], github: GitHub) -> dict[str, Stand]:
    """The stands, but a checked-out target has its origin at github.com, as on a runner."""

    def checkout(given: Any, machine: Machine) -> None:
        stands["actions/checkout"](given, machine)
        if given["path"] == "target":
            place = machine.workspace / "target"
            git(place, "config", "remote.origin.url", "https://github.com/acme/shop")
            git(place, "config", "remote.origin.pushurl", str(github.bare))

    return {**stands, "actions/checkout": checkout}


@pytest.fixture
def run_for(
    start: Start, at_github: dict[str, Stand], github: GitHub, tmp_path: Path
) -> Callable[..., Ran]:
    """The whole workflow for an event; a token has only the step that is given one."""

    def run(
        name: str,
        payload: object,
        more: Contexts | None = None,
        forgotten: str = "",
        **inputs: object,
    ) -> Ran:
        for folder in ("machines", "artifacts"):  # each run of a workflow has its own
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
        told = surroundings(tmp_path, name, payload, github)

        def machine(job: str, contexts: Contexts) -> Machine:
            made = start(job, contexts)
            made.environ = {**made.environ, **told, "GH_CONFIG_DIR": str(tmp_path / "gh")}
            assert "GH_TOKEN" not in made.environ
            if job == forgotten:
                made.contexts["github"] = {**made.contexts["github"], "token": ""}
            return made

        contexts = journey.by_hand(**inputs)
        contexts["github"] |= {"token": TOKEN, "event_name": name, "event": payload}
        contexts["vars"] = {"AUTO_FIX_LABELS": "auto-fix", "AUTO_FIX_REVIEWERS": "octocat"}
        return run_workflow(machine, at_github, {**contexts, **(more or {})})

    return run


@pytest.mark.nightly  # each push has the comment's way, and this trigger's rules in tests/triggers
def test_the_second_failed_run_becomes_a_draft_pull_request_and_the_third_nothing(
    run_for: Callable[..., Ran], github: GitHub, red_runs: list[str], tmp_path: Path, shop: Path
) -> None:
    ran = run_for("workflow_run", run_event(github, github.runs[7]))
    assert set(ran.ended.values()) == {"success"}, ran.log
    assert list(ran.machines) == ["decide", "fix 1", "publish 1"]
    (pull,) = github.pulls
    name = pull["head"]["ref"].removeprefix("fix/")
    assert pull["draft"] and name.startswith("test-total-")
    assert "**CI has not run on this.**" in pull["body"]
    assert [one["name"] for one in pull["labels"]] == ["auto-fix"]
    assert [one["login"] for one in pull["requested_reviewers"]] == ["octocat"]
    assert PULL in ran.machines["publish 1"].summary
    reproduced(shop.parent / "shop-origin.git", name, pull["body"])
    assert holders(tmp_path / "artifacts") == []
    assert TOKEN not in ran.log and obeyed(ran.log) == []
    assert not list(tmp_path.rglob(CANARY))
    shown = [machine.summary for machine in ran.machines.values()]
    for text in (*shown, pull["title"], pull["body"]):
        assert active(text, (PULL, f"{RUN}/attempts/1")) == [] and not hidden(text)
    assert "`::error::test (3.11)" in shown[-1] and "@octo/team" in shown[-1], "not even told of"

    again = Run(8, [[Job(80, "test", "failure", github.runs[7].attempts[0][0].log)]],
                sha=github.runs[7].sha)  # fmt: skip
    github.add(again)
    ran = run_for("workflow_run", run_event(github, again))
    assert set(ran.ended.values()) == {"success"}, ran.log
    assert "Pull request 1 is about the same failure" in ran.machines["fix 1"].summary
    assert not {"Reproduce", "Fix"} & set(ran.machines["fix 1"].logs), "nothing is spent on it"
    assert "no fix to publish" in ran.machines["publish 1"].log and len(github.pulls) == 1


def reproduced(origin: Path, name: str, body: str) -> None:
    """The branch that keeps the reproduction is there, and the text says how to get it."""
    branch = f"repro/{name}"
    changed = git(origin, "diff", "--name-only", "main", branch).splitlines()
    folder = f"reproduce-deterministic-failures/{name}"
    assert f"{folder}/README.md" in changed and len(changed) == 3
    assert all(path.startswith(f"{folder}/") for path in changed)
    assert "[skip ci]" in git(origin, "log", "-1", "--format=%B", branch)
    assert f"git fetch origin {branch}:{branch}\ngit checkout {branch}\n" in body


def test_a_comment_becomes_a_draft_pull_request_and_one_answer(
    run_for: Callable[..., Ran], github: GitHub, red_runs: list[str], tmp_path: Path, shop: Path
) -> None:
    git(shop.parent / "shop-origin.git", "branch", "feature", "main")
    github_pulls.add(github, "acme:feature", {"title": "x", "base": "main"})
    body = '/auto-fix the total"; touch canary; echo "$(touch canary) ::error::x @everyone'
    github.comments.append(Comment(901, 1, body, "octocat"))
    ran = run_for("issue_comment", comment_event(github, github.comments[0]))
    assert set(ran.ended.values()) == {"success"}, ran.log
    assert list(ran.machines) == ["decide", "fix 1", "publish 1", "answer"]
    assert [one["head"]["ref"][:4] for one in github.pulls] == ["feat", "fix/"]
    (_, answer) = github.comments
    assert "It is pull request #2." in answer.body
    assert "https://github.com/acme/shop/actions/runs/900" in answer.body
    assert not list(tmp_path.rglob("canary")) and obeyed(ran.log) == []
    writers = {seen.method for seen in github.seen if "/comments" in seen.path}
    assert writers == {"GET", "POST"} and github.comments[0].reactions == []


def test_a_refused_comment_is_answered_once_and_a_strangers_never(
    run_for: Callable[..., Ran], github: GitHub, red_runs: list[str]
) -> None:
    github.comments.append(Comment(901, 5, "/auto-fix", "octocat"))
    for _ in range(2):
        ran = run_for("issue_comment", comment_event(github, github.comments[0], pull=False))
        assert list(ran.machines) == ["decide", "answer"], ran.log
        assert "Not started" in ran.machines["decide"].summary
    (_, answer) = github.comments
    assert "Nothing was started: An issue has no run of its own" in answer.body
    github.comments[0].author = "stranger"
    ran = run_for("issue_comment", comment_event(github, github.comments[0], pull=False))
    assert list(ran.machines) == ["decide"] and len(github.comments) == 2
    github.comments[0].body = "nice work"
    payload = comment_event(github, github.comments[0])
    assert run_for("issue_comment", payload).machines == {}, "no job starts for other comments"
    green = run_event(github, github.runs[7], conclusion="success")
    assert run_for("workflow_run", green).machines == {}, "no job starts for green runs"


@pytest.mark.nightly
def test_with_an_apps_token_ci_runs_on_the_fix(
    run_for: Callable[..., Ran], github: GitHub, red_runs: list[str], at_github: dict[str, Stand]
) -> None:
    """The control is the first test: with the job's own token the text says that no CI ran."""

    def app(given: Any, machine: Machine) -> None:
        assert (given["client-id"], given["private-key"]) == ("Iv1", "key")
        machine.steps["app"] = {"outputs": {"token": TOKEN}}
        machine.contexts["github"] = {**machine.contexts["github"], "token": "not this one"}

    at_github["actions/create-github-app-token"] = app
    contexts = {
        "vars": {"AUTO_FIX_APP_CLIENT_ID": "Iv1"},
        "secrets": {"AUTO_FIX_APP_PRIVATE_KEY": "key"},
    }
    ran = run_for("workflow_dispatch", {}, contexts, ci_run_url=red_runs[0])
    assert set(ran.ended.values()) == {"success"}, ran.log
    (pull,) = github.pulls
    assert "CI has not run" not in pull["body"] and pull["labels"] == []


@pytest.mark.nightly
def test_without_its_token_the_publishing_step_fails_and_nothing_is_lost(
    run_for: Callable[..., Ran], github: GitHub, red_runs: list[str], tmp_path: Path
) -> None:
    ran = run_for("workflow_dispatch", {}, forgotten="publish 1", ci_run_url=red_runs[0])
    assert ran.ended["fix 1"] == "success" and ran.ended["publish 1"] == "failure", ran.log
    assert github.pulls == []
    assert "**Status:** ⚠️ Partial" in ran.machines["publish 1"].summary
    kept = tmp_path / "artifacts" / "improve-run-published-1"
    assert [path.name for path in kept.rglob("fix.patch")] == ["fix.patch"]


def holders(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if TOKEN.encode() in path.read_bytes()]
