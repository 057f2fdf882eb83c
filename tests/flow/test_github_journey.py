"""From the address of a red run to a draft pull request, through run.sh and the real gh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.forge import conftest as forge
from tests.support.github_server import TOKEN, Artifact, Fault, GitHub, Job, Run
from tests.support.repositories import git
from tests.support.shop import FILES, NODE
from tests.support.toolkit import Ended, Toolkit, log_of

pytestmark = pytest.mark.slow
github, tools = forge.github, forge.tools  # fixtures
BRANCH = "fix/wrong-total"
LINK = "https://github.com/acme/shop/pull/1"
BY_HAND = f"gh pr create --draft --repo acme/shop --base main --head acme:{BRANCH}"


@pytest.fixture
def red_run(github: GitHub, shop: Path) -> str:
    """The address of a run that failed at the head of the shop's main branch; origin is acme/shop."""
    bare = shop.parent / "shop-origin.git"
    git(shop, "config", "remote.origin.url", "git@github.com:acme/shop.git")
    git(shop, "config", "remote.origin.pushurl", str(bare))
    github.bare = bare
    lines = log_of(FILES).splitlines(keepends=True)
    log = "".join(f"2026-01-02T03:04:05.0000000Z {line}" for line in lines).encode()
    sha = git(shop, "rev-parse", "main")
    return github.add(Run(7, [[Job(41, "test (3.11)", "failure", log), Job(42, "docs")]], sha=sha))


@pytest.mark.nightly  # each push has `./run.sh --demo github`
def test_a_red_run_becomes_one_draft_pull_request(
    shop: Path,
    fix_shop: Fixing,
    github: GitHub,
    red_run: str,
) -> None:
    ended = fix_shop(shop, url=red_run).good()
    assert "**Status:** ✅ Success" in ended.report
    assert f"number 1: <{LINK}>" in ended.report
    assert f"1. Review the draft pull request: <{LINK}>" in ended.report
    made = ended.artifact("publish")
    assert (made["outcome"], made["forge"], made["number"]) == ("created", "github", 1)
    (pull,) = github.pulls
    assert (pull["draft"], pull["head"]["label"], pull["base"]["ref"]) == (
        True,
        f"acme:{BRANCH}",
        "main",
    )
    assert (
        "The failed run: <https://github.com/acme/shop/actions/runs/7/attempts/1>\n" in pull["body"]
    )
    assert "## Proof" in pull["body"] and not pull["body"].startswith("---")
    at_origin = git(shop.parent / "shop-origin.git", "rev-parse", BRANCH)
    assert at_origin == git(shop, "rev-parse", BRANCH) == made["commit"]
    token_is_nowhere(ended)
    again = fix_shop(shop, url=red_run).good()
    assert again.artifact("publish")["outcome"] == "unchanged"
    assert len(github.pulls) == 1 and pull == github.pulls[0]


def test_test_results_alone_lead_to_a_proven_fix(
    shop: Path, fix_shop: Fixing, github: GitHub, red_run: str, tmp_path: Path
) -> None:
    told = tmp_path / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={told}"]
    subprocess.run(command, cwd=shop, capture_output=True, check=False)
    github.runs[7].attempts[0][0].log = b"make: *** [Makefile:3: test] Error 1\n"
    github.artifacts.append(Artifact(1, 7, "test-results", {"junit.xml": told.read_bytes()}))
    ended = fix_shop(shop, url=red_run).good()

    assert "**Status:** ✅ Success" in ended.report
    assert "| `test-results` | `junit.xml` | 2 | 1 |" in ended.report
    assert "| `test (3.11)` | `1=3.11` | `ubuntu-24.04` |" in ended.report
    assert "1 of its failures are not in the logs" in ended.report, "the log had told it as well"
    assert ended.artifact("reproduce")["original_node_ids"] == [NODE]


def token_is_nowhere(ended: Ended) -> None:
    assert ended.run is not None
    holders = [
        path for path in ended.run.parent.rglob("*")
        if path.is_file() and TOKEN.encode() in path.read_bytes()
    ]  # fmt: skip
    assert holders == [] and TOKEN not in ended.err + ended.out


@pytest.mark.nightly
def test_what_github_refuses_is_finished_later(
    shop: Path,
    fix_shop: Fixing,
    kit: Toolkit,
    github: GitHub,
    red_run: str,
) -> None:
    github.faults = [Fault("/pulls", 401, "Bad credentials", method="POST")]
    refused = fix_shop(shop, url=red_run)
    assert refused.code == 4, refused.err
    assert BY_HAND in refused.report and "did not accept who we are" in refused.report
    assert refused.run is not None
    for name in ("fix.patch", "pull-request.md", "pull-request-body.md"):
        assert (refused.run / name).stat().st_size, f"{name} is missing"
    assert BRANCH in git(shop, "branch", "--list", BRANCH)
    token_is_nowhere(refused)
    github.faults = []
    asked = len(github.asked("/logs"))
    resumed = kit.run("--resume").good()
    assert f"number 1: <{LINK}>" in resumed.report and len(github.pulls) == 1
    assert len(github.asked("/logs")) == asked, "what was finished was done again"
    assert BY_HAND not in resumed.report


@pytest.mark.nightly
def test_without_drafts_the_report_has_the_command_that_opens_it(
    shop: Path,
    fix_shop: Fixing,
    github: GitHub,
    red_run: str,
) -> None:
    github.drafts = False
    ended = fix_shop(shop, url=red_run).good()
    assert ended.artifact("publish")["outcome"] == "pushed" and github.pulls == []
    assert "without a pull request." in ended.report
    assert f"{BY_HAND} --title".replace("--draft ", "") in ended.report
