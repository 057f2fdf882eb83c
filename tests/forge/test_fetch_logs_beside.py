"""The verb: what GitHub holds beside the logs becomes evidence too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.forge.test_fetch_logs_verb import dressed
from tests.support.github_server import Annotation, Artifact, GitHub, Job, Run
from tests.support.repositories import git, repository
from tests.support.verbs import improve

RESOURCES = Path(__file__).parents[1] / "resources"
NO_TRACE = dressed((RESOURCES / "logs" / "no-8.3.5.log").read_bytes())
JUNIT = (RESOURCES / "junit" / "auto-8.3.5.xml").read_bytes()
OTHER = (RESOURCES / "junit" / "timeout-8.3.5.xml").read_bytes()
SILENT = dressed(b"make: *** [Makefile:3: test] Error 1\n")
DOCTYPE = b'<!DOCTYPE testsuite [<!ENTITY a "a">]><testsuite name="&a;"/>'
HTML = b"<!DOCTYPE html><html/>"
WORKFLOW = """\
on: push
jobs:
  test:
    strategy:
      matrix: {os: [ubuntu-24.04, windows-2025], python-version: ["3.11", "3.12"]}
"""


class Bed:
    """A target with a workflow, and a run folder for a url."""

    def __init__(self, github: GitHub, folder: Path) -> None:
        self.github = github
        self.folder = folder
        self.target = repository(folder / "shop", {".github/workflows/ci.yml": WORKFLOW})
        self.sha = git(self.target, "rev-parse", "HEAD").strip()

    def fetch(self, url: str) -> dict[str, Any]:
        """fetch-logs.json of a new run for ``url``."""
        wish = {"deterministic": True, "prompt": "red", "url": url, "repository": str(self.target)}
        request, outputs = self.folder / "info.json", self.folder / "outputs"
        request.write_text(json.dumps(wish))
        opened = improve("validate", "--request", request, "--outputs", outputs)
        assert opened.returncode == 0, opened.stderr
        run = Path(opened.stdout.strip())
        done = improve("fetch-logs", run)
        assert done.returncode == 0, done.stderr
        left = {path.name for path in (run / "logs").iterdir() if path.suffix != ".log"}
        assert left == set(), "an archive was left in the run folder"
        made: dict[str, Any] = json.loads((run / "fetch-logs.json").read_text())
        return made

    def add(self, *jobs: Job, **more: Any) -> str:
        return self.github.add(Run(7, [list(jobs)], sha=self.sha, **more))


@pytest.fixture
def bed(github: GitHub, tmp_path: Path) -> Bed:
    return Bed(github, tmp_path)


def failed(number: int, name: str, log: bytes | None = NO_TRACE, **more: Any) -> Job:
    return Job(number, name, "failure", log, **more)


def artifact(number: int, name: str, content: bytes = JUNIT, **more: Any) -> Artifact:
    return Artifact(number, 7, name, {"results/junit.xml": content}, **more)


def test_test_results_complete_the_log_and_the_matrix_is_named(bed: Bed) -> None:
    job = failed(31, "test (windows-2025, 3.12)", labels=("windows-2025",))
    url = bed.add(job, failed(32, "test (ubuntu-24.04, 3.11)", SILENT), Job(33, "lint"))
    bed.github.artifacts += [
        artifact(1, "junit-ubuntu-24.04-3.11", OTHER),
        artifact(2, "junit-windows-2025-3.12"),
        Artifact(3, 7, "dist", {"shop.whl": b"PK"}),
        Artifact(4, 99, "junit of another run", {"a.xml": OTHER}),
    ]

    made = bed.fetch(url)

    failures = {(one["node_id"], one["kind"]): one for one in made["failures"]}
    assert len(failures) == len(made["failures"]) == 23, (
        "22 of the log, one of the other job's file"
    )
    chain = failures["tests/test_shop.py::test_context_chain", "call"]
    assert chain["error_type"] == "ZeroDivisionError" and len(chain["frames"]) == 4, (
        "the traceback that the log lacks did not come from the file"
    )
    assert chain["job"] == "test (windows-2025, 3.12)"
    slow = failures["tests/timeout/test_slow.py::test_sleeps", "timeout"]
    assert slow["job"] == "test (ubuntu-24.04, 3.11)", "the artifact's name tells whose it is"
    assert "results/junit.xml of artifact junit-ubuntu-24.04-3.11: 1 of its failures" in " ".join(
        made["notes"]
    )
    assert [(one["artifact"], one["tests"], one["failures"]) for one in made["junit"]] == [
        ("junit-ubuntu-24.04-3.11", 1, 1),
        ("junit-windows-2025-3.12", 24, 22),
    ]
    jobs = made["ci_run"]["jobs"]
    assert [job["matrix"] for job in jobs] == [
        {"os": "windows-2025", "python-version": "3.12"},
        {"os": "ubuntu-24.04", "python-version": "3.11"},
    ]
    assert [(job["os"], job["runner"]) for job in jobs] == [
        ("Windows", "GitHub Actions 1"),
        ("Linux", "GitHub Actions 1"),
    ]


def test_a_log_that_tells_nothing_is_stood_in_for_by_test_results(bed: Bed) -> None:
    url = bed.add(failed(31, "test (windows-2025, 3.12)", SILENT, labels=("windows-2025",)))
    bed.github.artifacts.append(artifact(1, "results"))
    made = bed.fetch(url)
    assert len(made["failures"]) == 22
    assert {one["job"] for one in made["failures"]} == {"test (windows-2025, 3.12)"}
    assert (made["environment"]["os"], made["environment"]["python"]) == ("Windows", "3.12")


def test_annotations_are_kept_and_are_failures_only_where_nothing_else_is(bed: Bed) -> None:
    token = "ghp_" + "0a1B" * 9
    bed.github.annotations[31] = [
        Annotation("Process completed with exit code 2."),
        Annotation("deprecated", level="notice"),
        Annotation("Node 16 is old", level="warning"),
        *(
            Annotation(f"E{n} {token}\nmore \x1b[31m", "src/a.py", n, title="ruff")
            for n in range(150)
        ),
    ]
    url = bed.add(failed(31, "lint", SILENT))
    made = bed.fetch(url)
    kept = made["annotations"]
    assert len(kept) == 151 and token not in json.dumps(made) and "\\u001b" not in json.dumps(made)
    assert kept[1] == {
        "job": "lint", "level": "failure", "file": "src/a.py", "line": 0, "title": "ruff",
        "message": "E0 [redacted: GH_TOKEN]\nmore",
    }  # fmt: skip
    first = made["failures"][7]
    assert (first["kind"], first["framework"], first["node_id"]) == ("other", "command", None)
    assert (first["file"], first["line"]) == ("src/a.py", 7)
    assert len(made["failures"]) == 150
    assert len(bed.github.asked("/check-runs/31/annotations")) == 2, "the second page was not read"

    bed.github.runs[7].attempts[0][0].log = NO_TRACE
    again = bed.fetch(url)
    assert (len(again["failures"]), len(again["annotations"])) == (22, 151)
    assert "other" not in {one["kind"] for one in again["failures"]}


def test_results_of_another_attempt_are_not_evidence_of_this_one(bed: Bed) -> None:
    url = bed.add(failed(31, "test"))
    bed.github.runs[7].rerun([failed(41, "test")])
    bed.github.runs[7].rerun([failed(51, "test", SILENT)])
    for attempt in (1, 2, 3):
        bed.github.artifacts.append(artifact(attempt, "junit", OTHER, attempt=attempt))
    bed.fetch(f"{url}/attempts/2")
    assert [one.path[-6:] for one in bed.github.asked("/zip")] == ["/2/zip"]
    bed.fetch(url)
    assert [one.path[-6:] for one in bed.github.asked("/zip")] == ["/2/zip", "/3/zip"]


def test_a_jobs_url_gets_no_failures_of_other_jobs(bed: Bed) -> None:
    jobs = failed(31, "test (ubuntu-24.04, 3.11)"), failed(32, "docs", SILENT)
    url = bed.add(*jobs)
    bed.github.artifacts += [artifact(1, "junit-docs", OTHER), artifact(2, "all-results")]
    made = bed.fetch(f"{url}/job/31")
    assert len(made["failures"]) == 22 and "may be another job's" in " ".join(made["notes"])
    assert any(one["frames"] for one in made["failures"]), "its own failures were not completed"
    named = bed.fetch(f"{url}/job/32")
    assert "tests/timeout/test_slow.py::test_sleeps" in {
        one["node_id"] for one in named["failures"]
    }


def test_without_the_commit_the_places_stand_for_the_matrix_keys(bed: Bed) -> None:
    url = bed.add(failed(31, "test (ubuntu-24.04, 3.11)"))
    bed.github.runs[7].sha = "b" * 40
    assert bed.fetch(url)["ci_run"]["jobs"][0]["matrix"] == {"1": "ubuntu-24.04", "2": "3.11"}


def test_expired_broken_and_hostile_archives_are_noted(bed: Bed) -> None:
    url = bed.add(failed(31, "test"))
    bed.github.artifacts += [
        artifact(1, "old test\x1b[31m results", expired=True),
        Artifact(2, 7, "report", content=b"not a zip"),
        Artifact(3, 7, "junit", {"../../../evil.xml": DOCTYPE, "b.xml": OTHER, "c.html": HTML}),
        Artifact(4, 7, "junit-empty", {}),
    ]
    made = bed.fetch(url)
    notes = " ".join(made["notes"])
    for told in (
        "Expired and deleted: old test",
        "Artifact report: it cannot be read as a zip",
        "Artifact junit: ../../../evil.xml: it declares a document type",
    ):
        assert told in notes, notes
    assert "c.html" not in notes and "\x1b" not in notes, notes
    assert [one["file"] for one in made["junit"]] == ["../../../evil.xml", "b.xml"]
    assert not list(bed.folder.rglob("evil.xml"))
    assert not (bed.folder.parent / "evil.xml").exists()
