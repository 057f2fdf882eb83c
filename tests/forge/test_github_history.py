"""Runs at GitHub, through the real gh: artifacts, else logs; nothing is asked for twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.github_server import Artifact, Fault, GitHub, Job, Run

from improve.contract import load_request
from improve.errors import ImproveError
from improve.forge.github_history import Wanted
from improve.forge.github_parts import part_of
from improve.phases import analyze
from improve.records.analysis import Analysis
from improve.records.history import Part

TOP = Path(__file__).parents[2]
CASE = b'<testsuite name="pytest"><testcase classname="tests.test_a" name="test_x" time="1">%s</testcase></testsuite>'
FAILED = b'<failure message="ValueError: no">E   ValueError: no</failure>'
LOG = (
    b"=== short test summary info ===\nFAILED tests/test_a.py::test_x - ValueError: no\n"
    b"=== 1 failed in 1s ===\n"
)


def analysed(into: Path, runs: int = 10) -> Analysis:
    read = analyze.of_github(
        "github.com", "acme", "shop", Wanted(runs), into / "fetched", 60, lambda _text: None
    )
    return analyze.run("acme/shop", read, into, TOP, lambda _text: None).analysis


def by_artifacts(github: GitHub) -> None:
    """A red attempt and a green one of the same run, each with its file."""
    red, green = Job(31, conclusion="failure"), Job(32)
    github.add(Run(7, [[red], [green]]))
    github.artifacts += [
        Artifact(1, 7, "junit", {"a.xml": CASE % FAILED}, attempt=1),
        Artifact(2, 7, "junit", {"a.xml": CASE % b""}, attempt=2),
    ]


def test_two_attempts_that_differ_are_a_flaky_test_with_a_request(
    github: GitHub, tmp_path: Path
) -> None:
    by_artifacts(github)
    found = analysed(tmp_path)
    (group,) = found.groups
    case = group.cases[0]
    assert (case.test, case.failures, case.runs) == ("tests/test_a.py::test_x", 1, 2)
    request = load_request(tmp_path / group.request)
    assert request.url == "https://github.com/acme/shop/actions/runs/7/attempts/1/job/31"
    assert group.minutes == pytest.approx(19)  # of the red job, from its start to its end
    assert not (tmp_path / "fetched").exists(), "what was fetched is left behind"


def test_what_is_in_the_database_is_not_fetched_again(github: GitHub, tmp_path: Path) -> None:
    by_artifacts(github)
    first = analysed(tmp_path)
    github.seen.clear()
    assert analysed(tmp_path) == first
    assert [one.path for one in github.seen] == ["/repos/acme/shop/actions/runs"]


def test_without_files_logs_tell_failures_and_green_jobs_passes(
    github: GitHub, tmp_path: Path
) -> None:
    github.add(Run(7, [[Job(31, conclusion="failure", log=LOG)], [Job(32)]]))
    found = analysed(tmp_path)
    assert [(g.cases[0].failures, g.cases[0].runs) for g in found.groups] == [(1, 2)]
    assert found.inferred == 1
    assert not [one for one in github.seen if one.path.endswith("/32/logs")]


def test_stopped_on_the_way_it_judges_what_it_has_and_says_so(
    github: GitHub, tmp_path: Path
) -> None:
    by_artifacts(github)
    github.faults = [Fault("/runs/7/attempts/2/jobs", 404, "Not Found")]
    found = analysed(tmp_path)
    assert any(note.startswith("stopped after") for note in found.notes), found.notes
    github.faults = []
    assert not any(note.startswith("stopped after") for note in analysed(tmp_path).notes)


def test_a_repository_that_is_not_there_is_told(github: GitHub, tmp_path: Path) -> None:
    github.faults = [Fault("/actions/runs", 404, "Not Found")]
    with pytest.raises(ImproveError, match=r"shows no runs of acme/shop \(HTTP 404"):
        analysed(tmp_path)


def test_an_artifact_belongs_to_the_job_that_its_name_can_only_mean() -> None:
    def part(*values: str) -> Part:
        matrix = {str(at): value for at, value in enumerate(values, 1)}
        return Part(key="k", run="1", job=f"t ({values})", sha="a", matrix=matrix)

    parts = [part("ubuntu-24.04", "3.11"), part("ubuntu-24.04", "3.12"), part("windows", "3.12")]
    assert part_of("junit-ubuntu-24.04-3.12", parts) is parts[1]
    assert part_of("junit-3.12", parts) is None
    assert part_of("junit", parts[:1]) is parts[0]
