"""The workflow in a target repository: pinned, whole, and never over somebody's changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.actions.test_workflow_files import findings, invalid
from tests.support.repositories import git, repository
from tests.support.step_runner import load

from improve.errors import ImproveError, RequestError
from improve.phases import install_workflow as phase

TOP = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIN = f"acme/codebase-improvements@{COMMIT}"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A repository with one workflow that tests, and two that do not."""
    place = repository(
        tmp_path / "target",
        {
            ".github/workflows/tests.yml": "name: Unit tests\non: [push, pull_request]\njobs: {}\n",
            ".github/workflows/release.yml": "name: Release\non: {release: {types: [created]}}\n",
            ".github/workflows/broken.yaml": "on: [push\n\t",
        },
    )
    git(place, "branch", "-m", "trunk")
    git(place, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(place, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    return place


def test_it_is_the_shipped_workflow_with_the_toolkit_pinned(target: Path) -> None:
    place, outcome, _ = phase.run(TOP, target, PIN, False)
    assert (place, outcome) == (target / ".github/workflows/auto-fix.yml", "created")
    shipped, written = (TOP / phase.PLACE).read_text(), place.read_text()
    assert written.count(f"repository: acme/codebase-improvements\n          ref: {COMMIT}\n") == 4
    changed = [a for a, b in zip(shipped.splitlines(), written.splitlines(), strict=True) if a != b]
    assert {line.strip() for line in changed} == {
        phase.REPOSITORY, phase.REF, "workflows: [ci]", "branches: [main]",
    }  # fmt: skip
    assert 'workflows: ["Unit tests"]\n' in written and 'branches: ["trunk"]\n' in written
    assert phase.run(TOP, target, PIN, False)[1] == "unchanged"


def test_a_changed_file_is_kept_unless_forced(target: Path) -> None:
    place, _, _ = phase.run(TOP, target, PIN, False)
    place.write_text("mine")
    with pytest.raises(ImproveError, match="--force"):
        phase.run(TOP, target, PIN, False)
    assert place.read_text() == "mine"
    assert phase.run(TOP, target, PIN, True)[1] == "updated"


@pytest.mark.parametrize(
    "pin", ["", "acme/kit", "acme/kit@main", f"acme/kit@{COMMIT[:12]}", f"a b/c@{COMMIT}", f"a/b@{COMMIT}\n- run: x"]
)  # fmt: skip
def test_only_a_whole_commit_of_a_repository_is_a_pin(target: Path, pin: str) -> None:
    with pytest.raises(RequestError, match="no pin"):
        phase.run(TOP, target, pin, False)
    assert not (target / phase.PLACE).exists()


@pytest.mark.parametrize(
    "origin", ["https://github.com/acme/kit.git", "git@github.com:acme/kit.git", "https://u:t@github.com/acme/kit"]
)  # fmt: skip
def test_the_pin_is_found_in_the_toolkits_own_clone(
    tmp_path: Path, target: Path, origin: str
) -> None:
    kit = repository(tmp_path / "kit", {"a.py": "x = 1\n"})
    (kit / phase.PLACE).parent.mkdir(parents=True)
    shutil.copy(TOP / phase.PLACE, kit / phase.PLACE)
    with pytest.raises(RequestError, match="--toolkit"):
        phase.run(kit, target, None, False)
    git(kit, "remote", "add", "origin", origin)
    place, _, _ = phase.run(kit, target, None, False)
    pinned = f"repository: acme/kit\n          ref: {git(kit, 'rev-parse', 'HEAD')}\n"
    assert place.read_text().count(pinned) == 4


def test_it_is_not_written_through_a_link(tmp_path: Path, target: Path) -> None:
    shutil.rmtree(target / ".github")
    (tmp_path / "outside").mkdir()
    (target / ".github").symlink_to(tmp_path / "outside")
    with pytest.raises(ImproveError, match="link"):
        phase.run(TOP, target, PIN, False)
    assert not list((tmp_path / "outside").iterdir())


def test_every_permission_of_the_workflow_is_explained_with_its_jobs() -> None:
    jobs = load(TOP / phase.PLACE)["jobs"]
    told = phase.PERMISSIONS.replace(";", ",").splitlines()
    for job, content in jobs.items():
        for name, kind in content["permissions"].items():
            line = next((one for one in told if one.strip().startswith(f"{name}: {kind} ")), "")
            assert job in line.replace(":", ",").replace(",", " ").split(), f"{job}: {name}: {kind}"


@pytest.mark.parametrize(
    ("triggers", "events"),
    [
        ((), {"workflow_dispatch", "workflow_run", "issue_comment"}),
        (("by-hand",), {"workflow_dispatch"}),
        (("comments", "by-hand"), {"workflow_dispatch", "issue_comment"}),
        (("failed-runs",), {"workflow_run"}),
    ],
)
def test_only_what_was_chosen_starts_it(
    target: Path, triggers: tuple[str, ...], events: set[str]
) -> None:
    place, _, starts = phase.run(TOP, target, PIN, False, phase.Wanted(triggers))
    written = load(place)
    assert set(written["on"]) == events
    assert ("answer" in written["jobs"]) is ("issue_comment" in events)
    assert ("/auto-fix" in starts, "by hand" in starts, "Unit tests on trunk" in starts) == (
        "issue_comment" in events,
        "workflow_dispatch" in events,
        "workflow_run" in events,
    )
    assert invalid("workflows", place) == ""
    assert [one for one in findings(place) if one[0] in ("Medium", "High")] == []


def test_names_of_workflows_and_branches_are_texts_whatever_stands_in_them(target: Path) -> None:
    names, branches = ('CI "x" # no\n- y', "${{ x }}"), ("a: b", "- c")
    wanted = phase.Wanted(("failed-runs",), names, branches)
    place, _, _ = phase.run(TOP, target, PIN, False, wanted)
    event = load(place)["on"]["workflow_run"]
    assert (tuple(event["workflows"]), tuple(event["branches"])) == (names, branches)


def test_without_a_workflow_that_tests_failed_runs_start_nothing(tmp_path: Path) -> None:
    bare = repository(tmp_path / "bare", {"a.py": "x = 1\n"})
    place, _, starts = phase.run(TOP, bare, PIN, False)
    assert set(load(place)["on"]) == {"workflow_dispatch", "issue_comment"}
    assert "in a row" not in starts
    with pytest.raises(RequestError, match="--workflow NAME"):
        phase.run(TOP, bare, PIN, True, phase.Wanted(("failed-runs",)))
    with pytest.raises(RequestError, match="--workflow"):
        phase.run(TOP, bare, PIN, True, phase.Wanted((), (), ("main",)))


def test_the_workflow_for_many_machines_is_pinned_in_the_same_way(target: Path) -> None:
    place, outcome = phase.run_stress(TOP, target, PIN, False)
    assert (place, outcome) == (target / ".github/workflows/stress.yml", "created")
    shipped, written = (TOP / phase.STRESS).read_text(), place.read_text()
    assert written.count(f"repository: acme/codebase-improvements\n          ref: {COMMIT}\n") == 2
    changed = [a for a, b in zip(shipped.splitlines(), written.splitlines(), strict=True) if a != b]
    assert {line.strip() for line in changed} == {phase.REPOSITORY, phase.REF}
    assert phase.run_stress(TOP, target, PIN, False)[1] == "unchanged"
    place.write_text("mine")
    with pytest.raises(ImproveError, match="--force"):
        phase.run_stress(TOP, target, PIN, False)
    jobs = load(TOP / phase.STRESS)["jobs"]
    assert [one["permissions"] for one in jobs.values()] == [{"contents": "read"}] * 2
