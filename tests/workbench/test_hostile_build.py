"""What a build leaves behind is not followed by what we do next, outside of its fence or inside."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import ImproveError
from improve.workbench import inspection, installer, sandbox
from improve.workbench.bench import workbench
from improve.workbench.checkout import make_checkout
from improve.workbench.sandbox import policy
from improve.workbench.venv import Venv, make_venv, run_setup

SECRET = "the private key"


@pytest.fixture
def home(sealed: Path) -> Path:
    write(sealed, {".ssh/id_ed25519": SECRET, ".bashrc": "mine", ".pulumi/bin/pulumi": ""})
    return sealed


@pytest.fixture
def building(home: Path, tmp_path: Path) -> Venv:
    """A new environment for a clone of a repository, before anything of the target's ran."""
    if why := sandbox.works("bubblewrap"):
        pytest.skip(why)
    user = repository(tmp_path / "user", {"a.py": ""})
    place = tmp_path / "cache" / "environments" / ("0a" * 10)
    place.mkdir(parents=True)
    with workbench(user / ".git", tmp_path / "bench", ("Test", "test@example.invalid")) as bench:
        head = git(user, "rev-parse", "HEAD")
        make_checkout(bench, head, user / ".git", place / "checkout")
    until = time.monotonic() + 60
    return make_venv(
        Path(sys.executable), place / "venv", place / "checkout", tmp_path / "cache" / "downloads",
        until, with_pip=False,
    )  # fmt: skip


def said(_text: str) -> None:
    return None


def test_a_build_opens_nothing_for_its_next_step(
    building: Venv, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = f"cat {home}/.ssh/id_ed25519 2>&1 || true"
    planted = f"echo {home}/.ssh >> .git/objects/info/alternates"
    assert SECRET not in run_setup(building, [planted, "git log --oneline", read], said)
    monkeypatch.setattr(policy, "_decided", sandbox.Policy(readable=(home / ".ssh",)))
    assert SECRET in run_setup(building, [read], said), "the control: it is read where it is shown"


def test_a_build_that_replaces_its_interpreter_ends_there(building: Venv, home: Path) -> None:
    run_setup(building, ["ln -sf python ../venv/bin/again"], said)
    with pytest.raises(ImproveError, match="was replaced: it leads to"):
        run_setup(building, [f"ln -sf {home}/.pulumi/bin/pulumi ../venv/bin/python"], said)
    with pytest.raises(ImproveError, match="has become a link"):
        run_setup(building, ["mv ../venv/bin ../venv/was; ln -s was ../venv/bin"], said)


def test_what_pip_is_told_is_not_written_through_a_builds_links(building: Venv, home: Path) -> None:
    names = ("constraints.txt", "build-constraints.txt")
    links = [f"ln -sf {home}/.bashrc ../venv/{name}" for name in names]
    failed = [f"ln -sf {home}/.bashrc ../{name} 2>/dev/null || true" for name in names]
    run_setup(building, [*links, *failed], said)
    order = installer.Order(None, (), (), (), (), ("left-pad==1",), ("setuptools<81",))
    arguments = installer._files(building, order)
    assert (home / ".bashrc").read_text() == "mine"
    shown = run_setup(building, [f"cat {' '.join(a for a in arguments if '/' in a)}"], said)
    assert shown.split() == ["setuptools<81", "left-pad==1"], "the control: pip reads both"


def test_a_package_that_says_what_it_is_by_a_link_or_a_pipe_is_not_read(
    building: Venv, home: Path, tmp_path: Path
) -> None:
    site = next((building.place / "venv").glob("lib/python*/site-packages"))
    word = "Metadata-Version: 2.1\nName: {}\nVersion: 1\n"
    write(
        home,
        {"letter": word.format("letter"), "other/far-1.dist-info/METADATA": word.format("far")},
    )
    write(site, {f"{name}-1.dist-info/METADATA": word.format(name) for name in ("good", "huge")})
    write(site, {"good-1.dist-info/licenses/MIT": ""})
    for name in ("link", "pipe", "zero"):
        (site / f"{name}-1.dist-info").mkdir()
    (site / "link-1.dist-info" / "METADATA").symlink_to(home / "letter")
    (site / "zero-1.dist-info" / "RECORD").symlink_to("/dev/zero")
    os.mkfifo(site / "pipe-1.dist-info" / "METADATA")
    with (site / "huge-1.dist-info" / "METADATA").open("ab") as stream:
        stream.truncate(inspection.MOST_BYTES + 1)
    (site / "folder-1.dist-info").symlink_to(home / "other" / "far-1.dist-info")
    (site / "more.pth").write_text(f"import sys; sys.path.append({str(home / 'other')!r})\n")
    assert list(inspection.look_inside(building.python).packages()) == ["good"]
    users = home / "venv"
    (building.place / "venv").rename(users)
    for name in ("link", "zero", "pipe", "huge"):
        shutil.rmtree(users / site.relative_to(building.place / "venv") / f"{name}-1.dist-info")
    told = inspection.look_inside(users / "bin" / "python").packages()
    assert list(told) == ["far", "good"], "the control: in the user's own, links are the user's"
