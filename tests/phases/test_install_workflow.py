"""The workflow in a target repository: pinned, whole, and never over somebody's changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError, RequestError
from improve.phases import install_workflow as phase

TOP = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIN = f"acme/codebase-improvements@{COMMIT}"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return repository(tmp_path / "target", {"a.py": "x = 1\n"})


def test_it_is_the_shipped_workflow_with_the_toolkit_pinned(target: Path) -> None:
    place, outcome = phase.run(TOP, target, PIN, False)
    assert (place, outcome) == (target / ".github/workflows/auto-fix.yml", "created")
    shipped, written = (TOP / phase.PLACE).read_text(), place.read_text()
    assert written.count(f"repository: acme/codebase-improvements\n          ref: {COMMIT}\n") == 2
    changed = [a for a, b in zip(shipped.splitlines(), written.splitlines(), strict=True) if a != b]
    assert [line.strip() for line in changed] == [phase.REPOSITORY, phase.REF] * 2
    assert phase.run(TOP, target, PIN, False)[1] == "unchanged"


def test_a_changed_file_is_kept_unless_forced(target: Path) -> None:
    place, _ = phase.run(TOP, target, PIN, False)
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
    assert not (target / ".github").exists()


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
    place, _ = phase.run(kit, target, None, False)
    pinned = f"repository: acme/kit\n          ref: {git(kit, 'rev-parse', 'HEAD')}\n"
    assert place.read_text().count(pinned) == 2


def test_it_is_not_written_through_a_link(tmp_path: Path, target: Path) -> None:
    (tmp_path / "outside").mkdir()
    (target / ".github").symlink_to(tmp_path / "outside")
    with pytest.raises(ImproveError, match="link"):
        phase.run(TOP, target, PIN, False)
    assert not list((tmp_path / "outside").iterdir())


def test_every_permission_of_the_workflow_is_explained() -> None:
    text = (TOP / phase.PLACE).read_text()
    for line in text.splitlines():
        name, _, value = line.strip().partition(": ")
        if value.split(" ")[0] in ("read", "write"):
            assert f"{name}: {value.split(' ')[0]}" in phase.PERMISSIONS, line
