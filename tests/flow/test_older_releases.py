"""A run that an older release made is reported, published and resumed by this one; a newer one's is
refused, or read as far as it is known, with a word on what is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.repositories import git
from tests.support.verbs import improve

from improve import ledger, rundir
from improve.agents.obtain import _read as proposal_of
from improve.attempt import finished
from improve.errors import ImproveError
from improve.phases.resume import prepare
from improve.records import ARTIFACTS, Artifact, Fix, Publication, ReportFacts
from improve.records.usage import Spending, Usage
from improve.report.write import write_report

TOP = Path(__file__).parents[2]
RELEASES = Path(__file__).parents[1] / "resources" / "releases"
VERSIONS = sorted(path.name for path in RELEASES.iterdir() if path.is_dir())
LEFT = [
    kind
    for kind in ARTIFACTS
    if rundir.artifact_path(RELEASES / VERSIONS[0] / "run", kind).is_file()
]
PHASES = ("fetch-logs", "reproduce", "fix", "publish", "report")


def taken_out(version: str, place: Path) -> Path:
    """The run folder of a release, as if it had been made here, beside its repository."""
    project, run = place / "shop", place / "outputs" / "2026-02-04_09-00-00_timeout-in-datamovement"
    shutil.copytree(RELEASES / version / "run", run)
    git(
        place, "clone", "-q", "-b", "main", str(RELEASES / version / "project.bundle"), str(project)
    )
    git(project, "remote", "remove", "origin")
    told = json.loads((run / "validate.json").read_text())
    changed(run / "validate.json", {**told, "repository": str(project), "demo": ""})
    return run


def changed(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2))


@pytest.fixture(params=VERSIONS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return taken_out(request.param, tmp_path)


def test_everything_in_it_is_read(run: Path) -> None:
    for kind in LEFT:
        artifact = rundir.need(run, kind)
        assert artifact.version == 1, "a version that is not read as it is needs a migration here"
    assert rundir.unread(run) == {}, "a field was dropped from the records: an older run lost it"
    assert [one.outcome for one in finished(run)] == ["kept"]
    assert proposal_of(run / "attempts/1/proposal.json") is not None, (
        "an agent would be asked again"
    )


def test_its_report_tells_what_its_own_told(run: Path) -> None:
    before = rundir.need(run, ReportFacts)
    now = write_report(run, TOP)
    assert now.status == before.status == "success"
    assert "fix/timeout-in-datamovement" in now.headline and "fix/timeout" in before.headline
    text = run.with_name(f"{run.name}.md").read_text()
    assert "TimeoutError" in text and "fix(scatter)" in text


def test_it_is_resumed_and_published(run: Path) -> None:
    before = (run / "fix.json").read_bytes()
    steps = [improve("resume", "--from", "publish", "--outputs", run.parent, run.name)]
    steps += [improve(phase, run) for phase in PHASES[2:]]
    assert [step.returncode for step in steps] == [0] * 4, "".join(step.stderr for step in steps)
    assert "fix: done before, kept" in steps[1].stderr
    assert (run / "fix.json").read_bytes() == before and (run / "publish.json.before").is_file()
    made, repository = rundir.need(run, Publication), run.parents[1] / "shop"
    assert made.commit == git(repository, "rev-parse", "fix/timeout-in-datamovement")
    assert (
        git(repository, "diff", "--name-only", "main", made.commit) == "src/datamovement/scatter.py"
    )


@pytest.fixture
def newest(tmp_path: Path) -> Path:
    return taken_out(VERSIONS[-1], tmp_path)


@pytest.mark.parametrize("kind", LEFT, ids=lambda kind: kind.schema_name)
def test_a_newer_version_is_refused_with_place_cause_and_cure(
    newest: Path, kind: type[Artifact]
) -> None:
    path = rundir.artifact_path(newest, kind)
    changed(path, {**json.loads(path.read_text()), "version": 2, "more": 1})
    with pytest.raises(ImproveError) as caught:
        rundir.load(newest, kind)
    assert str(path) in caught.value.what and "version 2" in caught.value.what
    assert "newer release" in caught.value.what and "versions up to 1" in caught.value.what
    assert f"--from {kind.schema_name} --resume {newest.name}" in caught.value.cure


def test_the_phases_refuse_it_and_the_cure_works(newest: Path) -> None:
    changed(newest / "fix.json", {**json.loads((newest / "fix.json").read_text()), "version": 2})
    refused = improve("publish", newest)
    assert refused.returncode == 0, "publish.json is there: nothing of the fix is needed"
    (newest / "publish.json").unlink()
    refused = improve("publish", newest)
    assert refused.returncode == 1 and "newer release" in refused.stderr
    prepare(newest, PHASES, "fix")
    assert rundir.load(newest, Fix) is None, "what is to be made anew stands in the way"
    assert json.loads((newest / "fix.json.before").read_text())["version"] == 2, "it was lost"


# Maps from names to values: whatever key is there, it is known.
MAPS = {"matrix", "packages", "generated", "outcomes", "settings", "by_model"}


def everywhere(value: Any) -> list[str]:
    """Adds a field to every object in a JSON value but in maps; their places."""
    found = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(pairs):
        if isinstance(item, (dict, list)) and key not in MAPS:
            found += [f"{key}.{place}" for place in everywhere(item)]
    if isinstance(value, dict):
        value["mood"] = {"of": ["a newer release"]}
        found.append("mood")
    return found


def test_fields_of_a_newer_release_are_told_and_not_lost(newest: Path) -> None:
    before = {kind: rundir.need(newest, kind) for kind in LEFT}
    added = {}
    for kind in LEFT:
        path = rundir.artifact_path(newest, kind)
        value = json.loads(path.read_text())
        added[path.name] = set(everywhere(value))
        changed(path, value)
    kept = {path.name: path.read_bytes() for path in newest.glob("*.json")}
    told = rundir.unread(newest)
    assert {name: set(places) for name, places in told.items()} == added
    assert {kind: rundir.need(newest, kind) for kind in LEFT} == before
    write_report(newest, TOP)
    report = newest.with_name(f"{newest.name}.md").read_text()
    assert "A newer release wrote more" in report and "`fix.json`" in report
    assert {path.name: path.read_bytes() for path in newest.glob("*.json")} == kept
    said = improve("resume", "--outputs", newest.parent, newest.name)
    assert "fix.json holds" in said.stderr and "mood" in said.stderr, said.stderr


def test_money_and_work_of_a_newer_release_are_counted(newest: Path) -> None:
    spent = Spending(purpose="attempt 1", agent="claude", usage=Usage(model="m", usd=0.25))
    ledger.append(newest, spent)
    path = newest / ledger.NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "mood": "new"}) + "\n")
    for name in ("attempt.json", "proposal.json"):
        place = newest / "attempts" / "1" / name
        changed(place, {**json.loads(place.read_text()), "mood": "new"})
    assert ledger.spendings(newest) == [spent]
    assert len(finished(newest)) == 1 and proposal_of(newest / "attempts/1/proposal.json")
    ledger.set_aside(newest, ("attempt ",))
    assert json.loads(path.read_text())["mood"] == "new", "what is not known was thrown away"
    assert ledger.spendings(newest)[0].usage.usd == 0.25


def test_what_is_wrong_besides_is_refused_as_before(newest: Path) -> None:
    path = newest / "fix.json"
    changed(path, {**json.loads(path.read_text()), "mood": 1, "outcome": "splendid"})
    with pytest.raises(ImproveError, match=r"not a valid fix artifact: outcome"):
        rundir.load(newest, Fix)
