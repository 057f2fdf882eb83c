"""One cache of environments for the whole session; a fresh copy of the toolkit for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.repositories import repository
from tests.support.shop import FILES, FIX
from tests.support.toolkit import Ended, Toolkit, log_of, request, toolkit

Fixing = Callable[..., Ended]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product builds the shop's environment here once; every later run finds it."""
    return tmp_path_factory.mktemp("flow") / "cache"


@pytest.fixture
def kit(tmp_path: Path, cache: Path) -> Toolkit:
    return toolkit(tmp_path / "toolkit", cache)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The shop's repository with a bare origin beside it, at ``shop-origin.git``."""
    return repository(tmp_path / "shop", FILES, origin=True)


@pytest.fixture
def edits(tmp_path: Path) -> Path:
    """A folder with the shop's right repair, for the agent ``scripted``."""
    folder = tmp_path / "edits"
    folder.mkdir()
    (folder / "edit.patch").write_text(FIX)
    return folder


@pytest.fixture
def fix_shop(kit: Toolkit, tmp_path: Path, edits: Path) -> Fixing:
    """Run the whole flow on a repository: ``fix_shop(repository, **keys of the request)``."""

    def run(place: Path, *options: str | Path, **values: object) -> Ended:
        if not {"raw__logs", "url", "existing__test__path", "check"} & set(values):
            values["raw__logs"] = log_of(FILES)
        values.setdefault("agents", ["scripted"])
        info = request(tmp_path / "request", place, **values)
        return kit.run("--request", info, *options, IMPROVE_SCRIPTED_EDITS=str(edits))

    return run
