"""One small repository and workbench for all; a judge for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import hostile_doors as doors
from tests.support.hostile_doors import Came, Door
from tests.support.hostile_judge import Judge
from tests.support.hostile_sinks import Left, left
from tests.support.repositories import repository

from improve.workbench.bench import Bench, workbench
from improve.workbench.git import Git

Open = Callable[[str], Door]
Judging = Callable[[Came | Left], Judge]


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target: one file of one line."""
    files = {"shop.py": "line\n", "CODEOWNERS": "*.py @octo/team\n"}
    return repository(tmp_path_factory.mktemp("shop") / "shop", files)


@pytest.fixture(scope="package")
def bench(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with workbench(place / ".git", tmp_path_factory.mktemp("bench") / "b", ("n", "e@x")) as made:
        yield made


@pytest.fixture
def door(place: Path) -> Open:
    """A door by its name."""
    git = Git(place / ".git")
    with_git = {"branch": doors.branch_of(git), "author": doors.author_of(git, place)}
    return lambda name: with_git.get(name) or getattr(doors, name)


@pytest.fixture
def judging(tmp_path: Path, bench: Bench, place: Path) -> Judging:
    """A judge that knows what an honest text at the same door leaves."""

    def make(honest: Came | Left) -> Judge:
        made = left(honest) if isinstance(honest, Came) else honest
        return Judge(tmp_path / "outputs", bench, place, made)

    return make
