"""The dispatch workflow from the address of a red run to a draft pull request, with the real gh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.flow import test_actions_journey as journey
from tests.forge import conftest as forge
from tests.support.github_server import TOKEN, GitHub, Job, Run
from tests.support.repositories import git
from tests.support.shop import FILES
from tests.support.step_runner import Machine, load, obeyed, run_job
from tests.support.toolkit import log_of

pytestmark = pytest.mark.slow
github, tools = forge.github, forge.tools  # fixtures
start, stands = journey.start, journey.stands
Start = Callable[..., Machine]


@pytest.fixture
def red_run(github: GitHub, shop: Path) -> str:
    """The address of a run that failed at the head of acme/shop, with hostile lines in its log."""
    github.bare = shop.parent / "shop-origin.git"
    lines = (journey.COMMANDS + log_of(FILES)).splitlines(keepends=True)
    log = "".join(f"2026-01-02T03:04:05.0000000Z {line}" for line in lines).encode()
    sha = git(shop, "rev-parse", "main")
    return github.add(Run(7, [[Job(41, "::error::test (3.11)", "failure", log)]], sha=sha))


@pytest.fixture
def at_github(stands: dict[str, Any], github: GitHub) -> dict[str, Any]:
    """The stands, but a checked-out target has its origin at github.com, as on a runner."""

    def checkout(given: Mapping[str, str], machine: Machine) -> None:
        stands["actions/checkout"](given, machine)
        if given["path"] == "target":
            place = machine.workspace / "target"
            git(place, "config", "remote.origin.url", "https://github.com/acme/shop")
            git(place, "config", "remote.origin.pushurl", str(github.bare))

    return {**stands, "actions/checkout": checkout}


def machine(start: Start, github: GitHub, tmp_path: Path, job: str, **values: object) -> Machine:
    """A machine whose gh talks to ``github``; a token has only the step that is given one."""
    made = start(job, **values)
    made.contexts["github"]["token"] = TOKEN
    made.environ = {**made.environ, "GH_CONFIG_DIR": str(tmp_path / "gh")}
    assert "GH_TOKEN" not in made.environ
    return made


def holders(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if TOKEN.encode() in path.read_bytes()]


def test_a_red_run_becomes_a_draft_pull_request(
    start: Start, at_github: dict[str, Any], github: GitHub, red_run: str, tmp_path: Path
) -> None:
    jobs = load(journey.WORKFLOW)["jobs"]
    fixing = machine(start, github, tmp_path, "fix", ci_run_url=red_run)
    outputs = run_job(jobs["fix"], fixing, at_github)
    assert (fixing.ended, outputs["fixed"]) == ("success", "true"), fixing.log
    assert github.pulls == []
    publishing = machine(start, github, tmp_path, "publish", needs={"fix": {"outputs": outputs}})
    run_job(jobs["publish"], publishing, at_github)
    assert publishing.ended == "success", publishing.log
    (pull,) = github.pulls
    assert pull["draft"] and pull["head"]["label"] == "acme:fix/total-is-wrong"
    assert "https://github.com/acme/shop/pull/1" in publishing.summary
    assert "**Status:** ✅ Success" in publishing.summary
    assert holders(tmp_path / "artifacts") == []
    assert TOKEN not in fixing.log + publishing.log
    assert obeyed(fixing.log + publishing.log) == []


def test_without_its_token_the_publishing_step_fails_and_nothing_is_lost(
    start: Start, at_github: dict[str, Any], github: GitHub, red_run: str, tmp_path: Path
) -> None:
    jobs = load(journey.WORKFLOW)["jobs"]
    fixing = machine(start, github, tmp_path, "fix", ci_run_url=red_run)
    outputs = run_job(jobs["fix"], fixing, at_github)
    publishing = machine(start, github, tmp_path, "publish", needs={"fix": {"outputs": outputs}})
    publishing.contexts["github"]["token"] = ""
    run_job(jobs["publish"], publishing, at_github)
    assert publishing.ended == "failure", publishing.log
    assert github.pulls == []
    assert "**Status:** ⚠️ Partial" in publishing.summary
    kept = tmp_path / "artifacts" / "improve-run-published"
    assert [path.name for path in kept.rglob("fix.patch")] == ["fix.patch"]
