"""The loopback GitHub and gh's own commands agree, through GraphQL and REST.

The product itself asks through ``gh api`` alone; these commands are what users type, and what the
reports tell them to type.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.forge.red_runs import red
from tests.support import github_pulls
from tests.support.github_server import TOKEN, Artifact, GitHub, Run

from improve.forge.gh_program import QUIET

HERE = ("-R", "acme/shop")
FIELDS = "number,url,isDraft,state,title,body,headRefName,baseRefName,headRefOid,author,labels"
OPEN = ("--draft", "--title", "T", "--body", "B", "--base", "main", "--head")


def gh(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["gh", *words], env={**os.environ, **QUIET}, capture_output=True, text=True, check=False,
        cwd=folder,
    )  # fmt: skip


def told(*words: str, folder: Path | None = None) -> str:
    done = gh(*words, folder=folder)
    assert done.returncode == 0, f"gh {' '.join(words)}: {done.stderr}"
    return done.stdout + done.stderr  # gh 2.23 shows the sign-in on stderr


def test_who_is_signed_in(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    said = told("auth", "status")
    assert "octocat" in said and "repo" in said and TOKEN not in said
    monkeypatch.setenv("GH_TOKEN", "ghp_wrong")
    assert gh("auth", "status").returncode == 1
    assert {one.path for one in github.seen} <= {"/graphql", "/"}


def test_a_draft_pull_request_from_nothing_to_a_comment(github: GitHub) -> None:
    assert json.loads(told("pr", "list", *HERE, "--head", "b", "--json", FIELDS)) == []
    assert "/acme/shop/pull/1" in told("pr", "create", *HERE, *OPEN, "b")
    (made,) = github.pulls
    assert (made["draft"], made["head"]["label"], made["body"]) == (True, "acme:b", "B")
    (shown,) = json.loads(told("pr", "list", *HERE, "--head", "b", "--json", FIELDS))
    assert (shown["number"], shown["isDraft"], shown["state"]) == (1, True, "OPEN")
    assert json.loads(told("pr", "view", "1", *HERE, "--json", FIELDS)) == shown
    assert "issuecomment-901" in told("pr", "comment", "1", *HERE, "--body", "hello")
    assert [(one.issue, one.body) for one in github.comments] == [(1, "hello")]
    seen = json.loads(told("pr", "view", "1", *HERE, "--json", "comments"))
    assert [one["body"] for one in seen["comments"]] == ["hello"]
    by_rest = json.loads(told("api", "repos/acme/shop/issues/1/comments"))
    assert [one["body"] for one in by_rest] == ["hello"], "REST and GraphQL see different worlds"


def test_what_github_refuses_is_refused_in_its_words(github: GitHub) -> None:
    told("pr", "create", *HERE, *OPEN, "b")
    again = gh("pr", "create", *HERE, *OPEN, "b")
    assert (again.returncode, len(github.pulls)) == (1, 1) and "already exists" in again.stderr
    github.drafts = False
    assert "Draft pull requests are not supported" in gh("pr", "create", *HERE, *OPEN, "c").stderr
    none = gh("pr", "view", "9", *HERE, "--json", "title")
    assert none.returncode == 1 and "Could not resolve to a PullRequest" in none.stderr
    github.open = False
    hidden = gh("pr", "list", *HERE, "--json", "number")
    assert hidden.returncode == 1 and "Could not resolve to a Repository" in hidden.stderr


def test_runs_artifacts_and_dispatches(github: GitHub, tmp_path: Path) -> None:
    github.add(Run(7, [[red(steps=(("Test", "failure"),))]]))
    github.artifacts.append(Artifact(11, 7, files={"junit.xml": b"<testsuite/>"}))
    fields = "databaseId,conclusion,headSha,jobs"
    run = json.loads(told("run", "view", "7", *HERE, "--json", fields))
    assert (run["databaseId"], run["conclusion"], run["headSha"]) == (7, "failure", "a" * 40)
    assert [(job["databaseId"], job["steps"][0]["name"]) for job in run["jobs"]] == [(31, "Test")]
    listed = told("run", "list", *HERE, "--workflow", "ci.yml", "--json", "databaseId")
    assert json.loads(listed) == [{"databaseId": 7}]
    told("run", "download", "7", *HERE, "-n", "junit", "-D", "got", folder=tmp_path)
    assert (tmp_path / "got" / "junit.xml").read_bytes() == b"<testsuite/>"
    told("workflow", "run", "ci.yml", *HERE, "--ref", "main", "-f", "a=b")
    assert github.dispatches == [
        {"workflow": ".github/workflows/ci.yml", "ref": "main", "inputs": {"a": "b"}}
    ]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("{viewer{logn}}", "Cannot query field 'logn' on type 'User'"),
        ('{repository(owner:"acme",name:"shop"){pullRequest{number}}}', "'number' of type 'Int!' is required"),
        ('{repository(owner:"acme",name:"shop"){stargazerCount}}', "loopback knows no Repository.stargazerCount"),
        ('{repository(owner:"acme",name:"shop"){pullRequests(first:1){nodes{number state}}}}', "cannot represent"),
    ],
)  # fmt: skip
def test_a_wrong_query_and_a_gap_are_caught(github: GitHub, query: str, problem: str) -> None:
    github_pulls.add(github, "acme:b", {"title": "t", "base": "main"})
    github.pulls[0]["state"] = "ajar"  # no PullRequestState
    done = gh("api", "graphql", "-f", f"query={query}")
    found, github.problems = github.problems, []
    assert done.returncode == 1
    assert len(found) == 1 and problem in found[0], found
