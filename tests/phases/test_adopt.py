"""A run folder from another machine: taken over when it is what a run leaves, refused otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.repositories import git, repository

from improve import rundir
from improve.checks.frozen import freeze
from improve.errors import ImproveError
from improve.phases import adopt
from improve.records import Attempt, Evidence, Fix, Reproduction, Request, ValidatedRequest
from improve.records.evidence import LogFile

REQUEST = {"deterministic": True, "prompt": "it fails", "existing-test-path": "tests/test_a.py"}


FROZEN = {"reproduce-deterministic-failures/it-fails/tests/test_a.py": b"def test_a(): ..."}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return repository(tmp_path / "clone", {"a.py": "x = 1\n"})


@pytest.fixture
def folder(tmp_path: Path, clone: Path) -> Path:
    """A run folder as it comes out of the artifact: made for a repository that is not here."""
    run = tmp_path / "improve" / "2026-01-02_03-04-05_it-fails"
    run.mkdir(parents=True)
    head = git(clone, "rev-parse", "HEAD")
    gone = Path("/elsewhere/target")
    rundir.save(
        run,
        ValidatedRequest(
            request=Request.model_validate(REQUEST), request_path=gone / "info.json",
            name="it-fails", slug="it-fails", repository=gone, toolkit_prefix="", head=head,
            branch="main", agents=("embedded",),
        ),
    )  # fmt: skip
    kept = Attempt(number=1, agent="embedded", outcome="kept", patch="attempts/1/edit.patch")
    fix = Fix(outcome="fixed", attempts=(kept,), kept=1, patch="fix.patch", base_commit=head)
    rundir.save(run, fix)
    (run / "fix.patch").write_text("diff\n")
    rundir.save(run, Reproduction(outcome="reproduced", commit=head, frozen=freeze(run, FROZEN)))
    (run / "request.json").write_text(json.dumps(REQUEST))
    (run / "lock").symlink_to("/elsewhere/cache/lock")
    return run


def change(run: Path, artifact: str, **values: object) -> None:
    place = run / f"{artifact}.json"
    content: dict[str, Any] = json.loads(place.read_text())
    place.write_text(json.dumps({**content, **values}))


def test_the_run_becomes_one_of_this_machine(folder: Path, clone: Path) -> None:
    adopt.run(folder, clone)
    adopted = rundir.need(folder, ValidatedRequest)
    assert adopted.repository == clone
    assert adopted.request_path == folder / "request.json"
    assert (adopted.name, adopted.head) == ("it-fails", git(clone, "rev-parse", "HEAD"))


def linked(run: Path) -> None:
    (run / "fix.patch").unlink()
    (run / "fix.patch").symlink_to("/proc/self/environ")


def frozen_at(path: str) -> Callable[[Path], object]:
    return lambda run: change(run, "reproduce", frozen=[{"path": path, "sha256": "0" * 64}])


def a_log_above(run: Path) -> None:
    log = LogFile(path="logs/../../x.log", sha256="0" * 64, bytes=1)
    rundir.save(run, Evidence(source="raw-logs", logs=(log,)))


PLANTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link": (linked, "link"),
    "a linked folder": (lambda run: (run / "logs").symlink_to("/etc"), "link"),
    "a patch outside": (lambda run: change(run, "fix", patch="/proc/self/environ"), "outside"),
    "a patch above": (lambda run: change(run, "fix", best_patch="a/../../x"), "outside"),
    "another name": (lambda run: change(run, "validate", name="../main"), "name"),
    "an option as commit": (lambda run: change(run, "fix", base_commit="--help"), "commit"),
    "a branch as commit": (lambda run: change(run, "fix", base_commit="main"), "commit"),
    "an unknown commit": (lambda run: change(run, "validate", head="1" * 40), "fetch-depth: 0"),
    "a request that is none": (lambda run: (run / "request.json").write_text("{}"), "problems"),
    "a prefix above": (lambda run: change(run, "validate", toolkit_prefix="../"), "outside"),
    "a frozen device": (frozen_at("/dev/zero"), "outside"),
    "a frozen file above": (frozen_at("../../../../etc/passwd"), "outside"),
    "a frozen file with NUL": (frozen_at("a\0b"), "outside"),
    "a frozen file that is not there": (frozen_at("tests/test_b.py"), "has no"),
    "a branch as the failing commit": (lambda run: change(run, "reproduce", commit="main"), "main"),
    "a log above": (a_log_above, "outside"),
    "an unknown outcome": (lambda run: change(run, "fix", outcome="done"), "not a valid fix"),
}


@pytest.mark.parametrize(("plant", "told"), PLANTED.values(), ids=PLANTED)
def test_what_no_run_leaves_is_refused(
    folder: Path, clone: Path, plant: Callable[[Path], object], told: str
) -> None:
    plant(folder)
    with pytest.raises(ImproveError) as caught:
        adopt.run(folder, clone)
    assert told in str(caught.value)


def test_the_request_known_here_goes_before_the_folders(
    folder: Path, clone: Path, tmp_path: Path
) -> None:
    given = tmp_path / "info.json"
    given.write_text(json.dumps({**REQUEST, "prompt": "as it was decided"}))
    assert adopt.run(folder, clone).request.prompt == "it fails", "the control"
    assert adopt.run(folder, clone, given).request.prompt == "as it was decided"
    assert json.loads((folder / "request.json").read_text())["prompt"] == "as it was decided"


def test_a_name_that_was_decided_on_is_not_changed(
    folder: Path, clone: Path, tmp_path: Path
) -> None:
    given = tmp_path / "info.json"
    given.write_text(json.dumps({**REQUEST, "name": "it-fails"}))
    assert adopt.run(folder, clone, given).name == "it-fails", "the control"
    given.write_text(json.dumps({**REQUEST, "name": "another"}))
    with pytest.raises(ImproveError, match="the request another"):
        adopt.run(folder, clone, given)


def test_only_a_proven_fix_is_something_to_publish(folder: Path) -> None:
    assert adopt.holds_a_fix(folder)
    change(folder, "fix", outcome="not_fixed", patch=None)
    assert not adopt.holds_a_fix(folder)
    (folder / "fix.json").unlink()
    assert not adopt.holds_a_fix(folder)


@pytest.mark.parametrize("end", ["a\nresult=x", "@everyone", "<img>", "A", ""])
def test_the_folders_own_name_is_checked_too(folder: Path, clone: Path, end: str) -> None:
    named = folder.rename(folder.with_name(f"2026-01-02_03-04-05_{end}"))
    with pytest.raises(ImproveError, match="no name of a run folder"):
        adopt.run(named, clone)
