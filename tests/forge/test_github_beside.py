"""What cannot be had beside the logs becomes a note; which artifacts are looked into."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from tests.support.github_server import Annotation, Artifact, Fault, GitHub, Job, Run

from improve.forge import github_artifacts
from improve.forge.github import fetch_logs
from improve.forge.github_answers import ArtifactAnswer
from improve.forge.github_artifacts import choose
from improve.forge.github_beside import Beside, fetch_beside
from improve.records import CiJob, CiRun

JUNIT = (
    b'<testsuite name="pytest"><testcase classname="tests.test_a" name="test_x">'
    b'<failure message="ValueError: no"/></testcase></testsuite>'
)
REFUSED = "Resource not accessible by integration"
BEGUN, MADE, ENDED = (f"2026-01-02T03:{minute}:00Z" for minute in ("01", "15", "30"))
RUN = CiRun(
    url="https://github.com/acme/shop/actions/runs/7", repository="acme/shop", id=7, attempt=2,
    commit="a" * 40, ended=ENDED,
    jobs=(CiJob(id=31, name="test", conclusion="failure", started=BEGUN),),
)  # fmt: skip


def beside(github: GitHub, folder: Path, seconds: float = 60) -> Beside:
    """What is found for a run with one failed job, after its log was read."""
    url = github.add(Run(7, [[Job(31, conclusion="failure", log=b"red\n")]]))
    run = fetch_logs(url, folder, 60).run
    found = fetch_beside(run, folder, seconds, lambda _text: None)
    assert [path.name for path in folder.iterdir()] == ["31.log"], "an archive was left behind"
    return found


def furnish(github: GitHub) -> None:
    github.annotations[31] = [Annotation("boom", "a.py", 3)]
    github.artifacts += [
        Artifact(1, 7, "junit", {"a.xml": JUNIT}),
        Artifact(2, 7, "more-results", {"b.xml": JUNIT}),
    ]


def test_all_that_is_there_is_found_without_a_note(github: GitHub, tmp_path: Path) -> None:
    furnish(github)
    found = beside(github, tmp_path / "logs")
    assert (len(found.annotations), len(found.junit), found.notes) == (1, 2, [])


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        (
            Fault("/annotations", 403, REFUSED),
            "annotations: Resource not accessible by integration",
        ),
        (Fault("/annotations", 403, REFUSED), "The token needs `Checks: read`."),
        (Fault("/annotations", 404, "Not Found"), "shows no annotations of job test (HTTP 404)"),
        (Fault("/annotations", kind="page"), "is not what GitHub describes"),
        (Fault("/artifacts", 403, REFUSED), "The token needs `Actions: read`."),
        (Fault("/artifacts", 404, "Not Found"), "shows no artifacts of the run (HTTP 404)"),
        (Fault("/1/zip", 404, "Not Found"), "Artifact junit: it could not be had (HTTP 404"),
        (Fault("/artifact/1", kind="page"), "Artifact junit: it cannot be read as a zip"),
    ],
)
def test_what_cannot_be_had_is_a_note_and_the_rest_is_there(
    github: GitHub, tmp_path: Path, fault: Fault, note: str
) -> None:
    furnish(github)
    github.faults.append(fault)
    found = beside(github, tmp_path / "logs")
    assert len(found.notes) == 1 and note in found.notes[0], found.notes
    assert len(found.annotations) == ("annotations" not in fault.path)
    assert len(found.junit) == {"/annotations": 2, "/artifacts": 0}.get(fault.path, 1)


@pytest.mark.parametrize("path", ["/annotations", "/zip"])
@pytest.mark.parametrize(
    ("status", "said"), [(403, "limits our requests (try 1 of 5)"), (502, "HTTP 502")]
)
def test_who_asks_for_more_time_than_a_third_of_ours_is_not_waited_for(
    github: GitHub, tmp_path: Path, path: str, status: int, said: str
) -> None:
    github.artifacts.append(Artifact(1, 7, "junit", {"a.xml": JUNIT}))
    github.faults.append(Fault(path, status, "API rate limit exceeded", {"retry-after": "25"}))
    found = beside(github, tmp_path / "logs", seconds=60)
    assert len(found.notes) == 1 and said in found.notes[0], found.notes
    assert len(github.asked(path)) == 1


def test_an_archive_that_is_larger_than_it_was_said_to_be_is_left(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_artifacts, "LARGEST", 1 << 20)
    github.artifacts += [
        Artifact(1, 7, "junit", content=b"x" * (3 << 20)),
        Artifact(2, 7, "test-results", {"b.xml": JUNIT}),
    ]
    said = "Not read, for it is larger than 1 MB: junit."
    assert beside(github, tmp_path / "logs").notes == [said]

    github.faults.append(Fault("/runs/7/artifacts", kind="spoilt", spoil=_shrink))
    found = beside(github, tmp_path / "again")
    assert len(github.asked("/1/zip")) == 1, "a download that is too large was tried again"
    assert found.notes == ["Artifact junit: it could not be had (HTTP 413: more than 1 MB came)."]
    assert [one.artifact for one, _told in found.junit] == ["test-results"]


def test_a_large_archive_costs_no_memory_of_ours(github: GitHub, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("blob.bin", os.urandom(24 << 20))
        archive.writestr("junit.xml", JUNIT)
    github.artifacts.append(Artifact(1, 7, "results", content=made.getvalue()))
    beside(github, tmp_path / "warm")
    tracemalloc.start()
    try:
        found = beside(github, tmp_path / "logs")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.file for one, _told in found.junit] == ["junit.xml"]
    assert peak < 8 << 20, f"{peak >> 20} MB were held for an archive of 24 MB"


def _shrink(body: dict[str, list[dict[str, int]]]) -> None:
    for one in body["artifacts"]:
        one["size_in_bytes"] = 10


def artifact(number: int, name: str, size: int = 1000, **more: object) -> ArtifactAnswer:
    told = {"id": number, "name": name, "size_in_bytes": size, "created_at": MADE}
    return ArtifactAnswer.model_validate({**told, "workflow_run": {"id": 7}, **more})


def chosen(*artifacts: ArtifactAnswer) -> list[int]:
    return [one.id for one in choose(artifacts, RUN, [])]


def test_names_that_tell_of_results_go_first_and_others_only_when_few_and_small() -> None:
    named = artifact(1, "Test Report (3.11)", 9000), artifact(2, "surefire", 10)
    others = [artifact(number, f"dist-{number}") for number in range(3, 8)]
    assert chosen(*others, *named) == [2, 1, 3, 4, 5, 6, 7]
    assert chosen(*others, *named, artifact(8, "wheel")) == [2, 1], "six others are many"
    assert chosen(artifact(3, "image", 6 << 20), *named) == [2, 1], "another one is not small"


def test_only_what_this_attempt_left_is_looked_into_and_the_newest_of_a_name() -> None:
    assert chosen(
        artifact(1, "junit", created_at="2026-01-02T02:59:59Z"),
        artifact(2, "junit"),
        artifact(3, "junit", created_at="2026-01-02T03:16:00Z"),
        artifact(4, "junit", created_at="2026-01-02T04:16:00Z"),
        artifact(5, "test", workflow_run={"id": 8}),
        artifact(6, "junit-windows", 10, created_at=None),
    ) == [6, 3]


def test_what_is_expired_or_too_many_is_told() -> None:
    notes: list[str] = []
    many = [artifact(number, f"junit-{number}", number) for number in range(1, 31)]
    gone = [artifact(number, f"test-{number}", expired=True) for number in range(40, 47)]
    assert [one.id for one in choose([*gone, *many], RUN, notes)] == list(range(1, 21))
    assert notes == [
        "Expired and deleted: test-40, test-41, test-42, test-43, test-44 and 2 more.",
        "The smallest 20 of 30 artifacts with test results were read.",
    ]
