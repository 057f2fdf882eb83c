"""An open pull request for the same failure is found, before anything is spent. With the real gh."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evidence.test_marker import A, B
from tests.forge import conftest as forge
from tests.support import github_pulls
from tests.support.github_server import Fault, GitHub
from tests.support.repositories import git, repository

from improve import rundir
from improve.context import Budget, Context
from improve.errors import ImproveError
from improve.evidence.marker import Marker, digests, name_for, write_marker
from improve.phases import known
from improve.records import Evidence, Failure, Known, Request, ValidatedRequest
from improve.report.status import already_open

github, tools = forge.github, forge.tools  # fixtures


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A run about the failure A, of a clone whose origin is acme/shop."""
    clone = repository(tmp_path / "clone", {"a.py": "x = 1\n"})
    git(clone, "config", "remote.origin.url", "https://github.com/acme/shop")
    run = tmp_path / "run"
    run.mkdir()
    validated = ValidatedRequest(
        request=Request(deterministic=True, prompt="it fails"), request_path=Path("x"),
        name="it-fails", slug="it-fails", repository=clone, toolkit_prefix="", head="",
        branch="main", agents=(),
    )  # fmt: skip
    rundir.save(run, validated)
    rundir.save(run, Evidence(source="raw-logs", failures=(A,)))
    return Context(run, tmp_path, tmp_path, Budget.of(60), lambda _text: None)


def opened(github: GitHub, *failures: Failure, label: str = "acme:fix/x", quoted: str = "") -> None:
    body = f"{quoted}{write_marker(Marker(digests(failures), 3))}\n\n## What failed\n"
    github_pulls.add(github, label, {"title": "x", "base": "main", "body": body})


def test_one_about_the_same_failure_stops_the_run(github: GitHub, context: Context) -> None:
    opened(github, B)
    opened(github, B, A)
    found = known.run(context)
    assert (found.number, found.url) == (2, "https://github.com/acme/shop/pull/2")
    assert found.outcome == "open already"
    headline, steps = already_open(found)
    assert "Pull request 2" in headline and "close it" in steps[1]


def test_others_do_not(github: GitHub, context: Context) -> None:
    """Each would stop the run if one rule were missing; the test above is the control."""
    opened(github, B)  # another failure
    opened(github, A, label="stranger:fix/x")  # from a fork
    opened(github, A, label="acme:feature")  # no branch of ours
    opened(github, A, quoted="> ")  # quoted, not said
    opened(github, A)
    github.pulls[-1]["state"] = "closed"
    rundir.save(context.run, Evidence(source="raw-logs", failures=(A,)))
    assert known.run(context).number is None
    rundir.save(context.run, Evidence(source="raw-logs", failures=(A, B)))
    opened(github, A)  # about a part of them
    assert known.run(context).number is None


def test_the_run_gets_the_name_of_its_failures_unless_the_request_names_it(
    github: GitHub, context: Context
) -> None:
    known.run(context)
    named = rundir.need(context.run, ValidatedRequest)
    assert named.name == name_for([A]) and named.name.startswith("test-a-")
    request = Request(deterministic=True, prompt="x", name="mine")
    rundir.save(context.run, named.model_copy(update={"request": request, "name": "mine"}))
    known.run(context)
    assert rundir.need(context.run, ValidatedRequest).name == "mine"


def test_where_nothing_can_be_compared_the_run_goes_on(github: GitHub, context: Context) -> None:
    opened(github, A)
    rundir.save(context.run, Evidence(source="existing-test"))
    assert known.run(context) == Known(reason="the logs name no failure that could be compared")
    rundir.save(context.run, Evidence(source="raw-logs", failures=(A,)))
    clone = rundir.need(context.run, ValidatedRequest).repository
    git(clone, "config", "remote.origin.url", "https://example.invalid/acme/shop")
    found = known.run(context)
    assert found.number is None and "not at GitHub" in found.reason


def test_when_github_does_not_answer_nothing_is_spent(github: GitHub, context: Context) -> None:
    github.faults = [Fault("/pulls", 404, "Not Found", kind="foreign")]
    with pytest.raises(ImproveError, match="HTTP 404"):
        known.run(context)
