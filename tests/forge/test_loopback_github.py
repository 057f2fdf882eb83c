"""The loopback GitHub proves itself: what it says is what GitHub describes, and lies are caught."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.forge.red_runs import red
from tests.support import github_honest, github_pulls, github_server
from tests.support.github_published import operations
from tests.support.github_routes import ROOMS
from tests.support.github_server import (
    Annotation,
    Artifact,
    Comment,
    Dishonest,
    Fault,
    GitHub,
    Run,
    configure,
    serve,
)
from tests.support.repositories import repository

from improve.forge.gh_program import QUIET

REPO = "repos/acme/shop"
READ = [
    "", "/actions/runs", "/actions/runs/7", "/actions/runs/7/attempts/1", "/actions/runs/7/jobs",
    "/actions/runs/7/attempts/1/jobs", "/actions/jobs/31", "/actions/jobs/31/logs",
    "/actions/runs/7/artifacts", "/actions/artifacts/11/zip", "/actions/workflows",
    "/actions/workflows/ci.yml", "/actions/workflows/55/runs?status=failure&branch=main",
    "/check-runs/31/annotations", "/collaborators/mona/permission", "/issues/1/comments",
    "/pulls", "/pulls/1", "/commits/main",
]  # fmt: skip
WRITTEN: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/issues/1/comments", {"body": "hi"}),
    ("PATCH", "/issues/comments/900", {"body": "hi again"}),
    ("POST", "/issues/comments/900/reactions", {"content": "eyes"}),
    ("POST", "/issues/1/labels", {"labels": ["bug"]}),
    ("POST", "/pulls/1/requested_reviewers", {"reviewers": ["mona"]}),
    ("PATCH", "/pulls/1", {"title": "other"}),
    ("POST", "/pulls", {"title": "t", "head": "acme:main", "base": "topic", "draft": True}),
    ("POST", "/actions/workflows/55/dispatches", {"ref": "main"}),
]


def furnish(github: GitHub, folder: Path) -> None:
    """Something of everything."""
    repository(folder / "shop", {"a.py": ""}, origin=True)
    github.bare = folder / "shop-origin.git"
    subprocess.run(["git", "branch", "topic", "main"], cwd=github.bare, check=True)
    steps = (("Test", "failure"),)
    github.add(Run(7, [[red(steps=steps), red(32)]]))
    github.artifacts.append(Artifact(11, 7, files={"junit.xml": b"<testsuite/>"}))
    github.annotations[31] = [Annotation("boom", "tests/test_a.py", 7)]
    github.permissions["mona"] = "maintain"
    github.comments.append(Comment(900, 1, "/auto-fix", "mona"))
    github_pulls.add(github, "acme:topic", {"title": "t", "base": "main"})


def ask(path: str, method: str = "GET", body: object = None) -> subprocess.CompletedProcess[bytes]:
    """One request by the real gh; ``path`` is inside the repository unless it begins with '!'."""
    world = {**os.environ, **QUIET}
    place = path[1:] if path.startswith("!") else REPO + path
    given = b"" if body is None else json.dumps(body).encode()
    words = ["gh", "api", "-X", method, *(["--input", "-"] if body is not None else []), place]
    return subprocess.run(words, env=world, input=given, capture_output=True, check=False)


def test_every_operation_is_answered_as_it_is_described(github: GitHub, tmp_path: Path) -> None:
    furnish(github, tmp_path)
    for path in [*READ, "!user", "!/"]:
        done = ask(path)
        assert done.returncode == 0, f"{path}: {done.stderr.decode()}"
    for method, path, body in WRITTEN:
        done = ask(path, method, body)
        assert done.returncode == 0, f"{method} {path}: {done.stderr.decode()}"
    assert github.problems == []
    assert len({(one.method, one.path) for one in github.seen if one.host.startswith("api")}) >= 29
    assert ROOMS.keys() == {one.name for one in operations()}, "an operation that nobody answers"


def drop(*path: str | int) -> Callable[[Any], object]:
    return lambda body: at(body, path[:-1]).pop(path[-1])


def put(value: object, *path: str | int) -> Callable[[Any], object]:
    return lambda body: at(body, path[:-1]).__setitem__(path[-1], value)


def at(body: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


@pytest.mark.parametrize(
    ("path", "spoil", "told"),
    [
        ("/actions/runs/7", drop("head_sha"), "$: 'head_sha' is a required property"),
        ("/actions/runs/7", put("7", "id"), "$.id: '7' is not of type 'integer'"),
        ("/actions/runs/7", put("soon", "created_at"), "$.created_at: 'soon' is not a 'date-time'"),
        ("/actions/runs/7", put(1, "invented"), "$: Additional properties are not allowed"),
        ("/actions/runs/7", put(None, "html_url"), "$.html_url: None is not of type 'string'"),
        ("/actions/runs/7/attempts/1/jobs", put("fialure", "jobs", 0, "conclusion"),
         "$.jobs[0].conclusion: 'fialure' is not one of ['success', 'failure'"),
        ("/actions/runs/7/attempts/1/jobs", put("done", "jobs", 0, "steps", 0, "status"),
         "$.jobs[0].steps[0].status: 'done' is not one of"),
        ("/actions/jobs/31", put(None, "labels"), "$.labels: None is not of type 'array'"),
        ("/actions/runs/7/artifacts", drop("artifacts", 0, "expired"), "$.artifacts[0]: 'expired' is a req"),
        ("/check-runs/31/annotations", put("7", 0, "start_line"), "$[0].start_line: '7' is not of type"),
        ("/collaborators/mona/permission", drop("role_name"), "$: 'role_name' is a required property"),
        ("/issues/1/comments", put("FRIEND", 0, "author_association"), "$[0].author_association: 'FRIEND'"),
        ("/pulls/1", drop("head", "sha"), "$.head: 'sha' is a required property"),
        ("/pulls", put("merged", 0, "state"), None),  # the description says no more than "string"
        ("/pulls", put(200, 0, "additions"), "$[0]: Additional properties are not allowed"),
        ("", put("yes", "private"), "$.private: 'yes' is not of type 'boolean'"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_caught(
    github: GitHub, tmp_path: Path, path: str, spoil: Callable[[Any], object], told: str | None
) -> None:
    furnish(github, tmp_path)
    github.faults = [Fault(f"/{REPO}{path}", kind="spoilt", spoil=spoil)]
    assert ask(path).returncode == 0
    found, github.problems = github.problems, []
    assert len(found) == (0 if told is None else 1), found
    assert told is None or (told in found[0] and found[0].startswith("GET ")), found


def test_a_problem_ends_the_test(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = r"actions/get-job.* -> 200 at \$: 'run_id' is a required property"
    with pytest.raises(Dishonest, match=said), serve() as other:
        monkeypatch.setenv("GH_CONFIG_DIR", configure(other, tmp_path / "other")["GH_CONFIG_DIR"])
        furnish(other, tmp_path)
        other.faults = [Fault("/jobs/31", kind="spoilt", spoil=drop("run_id"))]
        ask("/actions/jobs/31")
    assert github.seen == []


@pytest.mark.parametrize(
    ("path", "method", "body", "told"),
    [
        ("/pulls", "POST", {"title": 7, "head": "a", "base": "main"}, "POST pulls/create <- at $.title: 7 is not"),
        ("/pulls", "POST", {"title": "t", "head": "a"}, "'base' is a required property"),
        ("/pulls?sate=open", "GET", None, "there is no query parameter 'sate'"),
        ("/actions/runs/7/logs/all", "GET", None, "/actions/runs/7/logs/all is not in the slice"),
        ("/issues/comments/900/reactions", "POST", {"content": "thumbs"}, "'thumbs' is not one of"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_caught(
    github: GitHub, tmp_path: Path, path: str, method: str, body: object, told: str
) -> None:
    furnish(github, tmp_path)
    github.faults = [Fault("/pulls", 422, "Validation Failed", method="POST")]
    ask(path, method, body)
    found, github.problems = github.problems, []
    assert found and told in found[0], found


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 429, 500, 502, 503])
def test_statuses_beside_the_description_have_a_source(github: GitHub, status: int) -> None:
    github.faults = [Fault("/runs/7", status, "no")]
    ask("/actions/runs/7")
    found, github.problems = github.problems, []
    assert [f"-> {status}: such a status is not described" in one for one in found] == (
        [True] if status == 418 else []
    )
    source = github_honest.UNLISTED.get(status, "")
    assert source.startswith("https://") == (status != 418)


def test_the_suite_is_checked_at_all() -> None:
    assert github_honest.CHECKED, "without jsonschema nothing is held against the description"


def test_pages_name_the_next_one(github: GitHub) -> None:
    github.add(Run(7, [[github_server.Job(100 + n) for n in range(130)]]))
    path = f"{REPO}/actions/runs/7/attempts/1/jobs?per_page=100"
    words = ["gh", "api", "--paginate", path, "--jq", ".jobs[].id"]
    done = subprocess.run(
        words, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(100 + n) for n in range(130)]
    assert len(github.seen) == 2
