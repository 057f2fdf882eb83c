"""The levels of this machine; a level that it lacks is skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from improve.workbench import sandbox
from improve.workbench.sandbox import policy


@pytest.fixture(params=["bubblewrap", "bubblewrap-root", "landlock"])
def level(request: pytest.FixtureRequest) -> Iterator[sandbox.Level]:
    """Everything that is fenced in the test is held at this level."""
    if why := sandbox.works(request.param):
        pytest.skip(f"{request.param}: {why}")
    before = policy.decided()
    policy.decide(policy.Policy(wish=request.param))
    yield request.param
    policy.decide(before)


@pytest.fixture
def unfenced() -> Iterator[None]:
    """The control: the same without a sandbox."""
    before = policy.decided()
    policy.decide(policy.Policy(wish="off"))
    yield
    policy.decide(before)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    place = tmp_path / "tree"
    place.mkdir()
    return place
