"""CI failed by itself: what starts a fix, and what does not. With the real gh."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import github_pulls
from tests.support.events import run_event, surroundings
from tests.support.github_server import Fault, GitHub, Job, Run

from improve.errors import ImproveError, RequestError
from improve.evidence.marker import Marker, write_marker
from improve.phases import decide
from improve.triggers.decision import Decision

RED = 7  # the run that the event is about


def run(number: int, conclusion: str = "failure", **more: Any) -> Run:
    failed = conclusion in ("failure", "timed_out")
    jobs = [Job(number * 10, "test (3.11)", conclusion if failed else "success", b"log\n")]
    return Run(number, [jobs], conclusion, **more)


@pytest.fixture
def twice_red(github: GitHub) -> GitHub:
    """Two failed runs, one after the other; the newer is the event's."""
    github.add(run(5, "success"))
    github.add(run(6))
    github.add(run(RED))
    return github


def decided(github: GitHub, folder: Path, payload: object = None, **environ: str) -> Decision:
    payload = payload or run_event(github, github.runs[RED])
    return decide.run({**surroundings(folder, "workflow_run", payload, github), **environ})


def test_the_second_failure_in_a_row_starts_a_fix(twice_red: GitHub, tmp_path: Path) -> None:
    made = decided(twice_red, tmp_path)
    assert (made.go, made.reason, made.answer) == (
        True,
        "CI failed in its last 2 runs on main.",
        False,
    )
    (row,) = json.loads(made.matrix)
    assert (row["id"], len(row["key"])) == ("1", 16)
    assert json.loads(row["request"]) == {
        "deterministic": True,
        "prompt": "The workflow CI fails on main. Find out why and fix it.",
        "url": "https://github.com/acme/shop/actions/runs/7/attempts/1",
        "commit": "a" * 40,
    }


def change(**values: Any) -> Callable[[GitHub], object]:
    return lambda github: [setattr(github.runs[RED], name, one) for name, one in values.items()]


def known(github: GitHub) -> None:
    line = write_marker(Marker(frozenset({"0" * 16}), RED))
    pull = {"title": "fix", "base": "main", "body": f"{line}\n\n## What failed\n"}
    github_pulls.add(github, "acme:fix/total", pull)


SPOILT: dict[str, tuple[Callable[[GitHub], object], str]] = {
    "it passed after all": (change(conclusion="success"), "ended as success"),
    "it was cancelled": (change(conclusion="cancelled"), "ended as cancelled"),
    "it runs again": (change(conclusion=None), "is not finished"),
    "a fork": (change(head_repository="stranger/shop"), "fork"),
    "a branch of ours": (change(branch="fix/total"), "branch of this toolkit"),
    "a reproduction of ours": (change(branch="repro/total"), "branch of this toolkit"),
    "a bot": (change(actor="renovate[bot]"), "bot that is not listed"),
    "our own bot": (change(actor="github-actions[bot]"), "bot that is not listed"),
    "it is gone": (lambda github: github.runs.pop(RED), "not there any more"),
    "a newer run failed too": (lambda github: github.add(run(8)), "Run 8 is newer"),
    "a newer run passed": (lambda github: github.add(run(8, "success")), "Run 8 is newer"),
    "only once": (lambda github: github.runs.pop(6), "It failed 1 time in a row; 2 start a fix."),
    "it passed in between": (lambda github: setattr(github.runs[6], "conclusion", "success"), "1 time"),
    "a failure elsewhere": (lambda github: setattr(github.runs[6], "branch", "dev"), "1 time"),
    "a fork's failure": (lambda github: setattr(github.runs[6], "head_repository", "x/shop"), "1 time"),
    "another workflow's": (lambda github: setattr(github.runs[6], "workflow_id", 56), "1 time"),
    "a fix is open": (known, "Pull request 1 for run 7 is open already."),
    "no job failed": (
        lambda github: setattr(github.runs[RED].attempts[0][0], "conclusion", "success"), "no failed job",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "told"), SPOILT.values(), ids=SPOILT)
def test_what_starts_nothing_says_why(
    twice_red: GitHub, tmp_path: Path, spoil: Callable[[GitHub], object], told: str
) -> None:
    """The control is the first test: unspoilt, the same runs start a fix."""
    payload = run_event(twice_red, twice_red.runs[RED])  # says what it said before the change
    spoil(twice_red)
    made = decided(twice_red, tmp_path, payload)
    assert (made.go, made.starts, made.answer) == (False, (), False)
    assert told in made.reason and "\n" not in made.reason


@pytest.mark.parametrize(
    ("environ", "go"),
    [
        ({"IMPROVE_FAILURES_IN_A_ROW": "2"}, True),
        ({"IMPROVE_FAILURES_IN_A_ROW": " "}, True),
        ({"IMPROVE_FAILURES_IN_A_ROW": "3"}, False),
    ],
)
def test_the_threshold_is_the_teams(
    twice_red: GitHub, tmp_path: Path, environ: dict[str, str], go: bool
) -> None:
    assert decided(twice_red, tmp_path, **environ).go is go


def test_cancelled_runs_do_not_count_and_one_failure_is_enough_where_the_team_says_so(
    twice_red: GitHub, tmp_path: Path
) -> None:
    twice_red.runs[6].conclusion = "cancelled"
    assert not decided(twice_red, tmp_path).go
    once = decided(twice_red, tmp_path, IMPROVE_FAILURES_IN_A_ROW="1")
    assert (once.go, once.reason) == (True, "CI failed on main.")
    twice_red.runs[5].conclusion = "failure"
    assert decided(twice_red, tmp_path).go


def test_a_listed_bot_is_let_through(twice_red: GitHub, tmp_path: Path) -> None:
    twice_red.runs[RED].actor = "renovate[bot]"
    assert not decided(twice_red, tmp_path, IMPROVE_ALLOWED_BOTS="dependabot[bot]").go
    assert decided(twice_red, tmp_path, IMPROVE_ALLOWED_BOTS="x[bot], Renovate[bot]").go


def test_another_repositorys_event_starts_nothing(twice_red: GitHub, tmp_path: Path) -> None:
    payload = run_event(twice_red, twice_red.runs[RED])
    payload["repository"]["full_name"] = "other/shop"
    assert "another repository" in decided(twice_red, tmp_path, payload).reason


def test_what_the_payload_claims_is_asked_of_github(twice_red: GitHub, tmp_path: Path) -> None:
    twice_red.runs[RED].head_repository = "stranger/shop"
    payload = run_event(twice_red, twice_red.runs[RED], head_repository={"full_name": "acme/shop"})
    assert not decided(twice_red, tmp_path, payload).go


def test_the_marker_of_a_fork_counts_for_nothing(twice_red: GitHub, tmp_path: Path) -> None:
    line = write_marker(Marker(frozenset({"0" * 16}), RED))
    pull = {"title": "x", "base": "main", "body": line}
    github_pulls.add(twice_red, "stranger:fix/total", pull)
    github_pulls.add(twice_red, "acme:feature", pull)
    assert decided(twice_red, tmp_path).go


def test_jobs_of_a_matrix_are_one_request_and_different_jobs_are_several(
    twice_red: GitHub, tmp_path: Path
) -> None:
    names = ("test (3.11)", "test (3.12)", "lint", "docs")
    twice_red.runs[RED].attempts = [
        [Job(70 + at, name, "failure" if name != "docs" else "success") for at, name in enumerate(names)]
    ]  # fmt: skip
    made = decided(twice_red, tmp_path)
    home = "https://github.com/acme/shop/actions/runs/7/job"
    assert [one.request["url"] for one in made.starts] == [f"{home}/70", f"{home}/72"]
    assert "job lint fails" in str(made.starts[1].request["prompt"])
    assert len({one.key for one in made.starts}) == 2
    twice_red.runs[RED].attempts = [[Job(70 + at, f"job{at}", "failure") for at in range(30)]]
    assert len(decided(twice_red, tmp_path).starts) == 20


def test_without_an_answer_of_github_nothing_is_decided(twice_red: GitHub, tmp_path: Path) -> None:
    twice_red.faults = [Fault("/workflows/", 404, "Not Found")]
    assert not decided(twice_red, tmp_path).go  # a list that is not there shows no second failure
    twice_red.faults = [Fault("/pulls", 404, "Not Found")]
    with pytest.raises(ImproveError, match="open pull requests with HTTP 404"):
        decided(twice_red, tmp_path)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"GITHUB_EVENT_NAME": "push"}, "starts no fix"),
        ({"GITHUB_EVENT_PATH": "/nowhere"}, "cannot be read"),
        ({"GITHUB_REPOSITORY": "a/b/c"}, "no owner/name"),
        ({"IMPROVE_FAILURES_IN_A_ROW": "0"}, "no number"),
        ({"IMPROVE_FAILURES_IN_A_ROW": "many"}, "no number"),
    ],
)
def test_what_is_not_set_up_rightly_is_an_error_with_its_cure(
    twice_red: GitHub, tmp_path: Path, environ: dict[str, str], told: str
) -> None:
    with pytest.raises(RequestError, match=told):
        decided(twice_red, tmp_path, **environ)


@pytest.mark.parametrize(
    "payload", [{}, {"action": "completed"}, [], {"workflow_run": {"id": "x"}}]
)
def test_another_payload_is_an_error(twice_red: GitHub, tmp_path: Path, payload: object) -> None:
    environ = surroundings(tmp_path, "workflow_run", payload, twice_red)
    with pytest.raises(RequestError, match="holds no such event"):
        decide.run(environ)
