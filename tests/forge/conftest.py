"""A GitHub on this machine for each test, and the real gh that talks to it alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.forge.drafts import Shop
from tests.support.github_server import GitHub, configure, real_gh, serve


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH that holds gh alone; one for all tests, since gh's flags are asked once."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / "gh").symlink_to(real_gh())
    return folder


@pytest.fixture
def github(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub that gh, wherever it is started from this test, takes for the real one."""
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    for name in ("GH_HOST", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serve() as server:
        for name, value in configure(server, tmp_path / "gh").items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def shop(github: GitHub, tmp_path: Path) -> Shop:
    """A target whose origin is that GitHub."""
    return Shop(github, tmp_path)
