"""Two runs at once: of the same failure only one works; different failures do not meet."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.support.repositories import git
from tests.support.shop import FILES, NODE
from tests.support.toolkit import Toolkit, log_of, request

pytestmark = pytest.mark.slow


def begun(kit: Toolkit) -> bool:
    """A run holds its lock and works."""
    journals = [run / "journal.jsonl" for run in kit.runs()]
    return any(place.exists() and '"begun"' in place.read_text() for place in journals)


def test_the_same_failure_twice_at_once(
    kit: Toolkit, shop: Path, edits: Path, fix_shop: Fixing, tmp_path: Path
) -> None:
    info = request(tmp_path / "first", shop, raw__logs=log_of(FILES), agents=["scripted"])
    first = kit.start("--request", info, IMPROVE_SCRIPTED_EDITS=str(edits))
    while not begun(kit):
        assert first.poll() is None
        time.sleep(0.05)
    (holder,) = kit.runs()
    second = fix_shop(shop)
    assert first.poll() is None, "the first run was over before the second began"
    assert second.code == 1
    assert f"Another run works on this failure: {holder.name} (process {first.pid})" in second.err
    assert kit.runs() == [holder]
    resumed = kit.run("--resume", holder.name)
    assert resumed.code == 1 and holder.name in resumed.err
    assert first.wait(240) == 0
    assert (holder / "pull-request.md").is_file()
    assert git(shop, "rev-list", "--count", "main..fix/wrong-total") == "1"


def test_two_failures_of_one_repository_side_by_side(
    kit: Toolkit, shop: Path, edits: Path, tmp_path: Path
) -> None:
    started = []
    for name in ("left", "right"):
        info = request(
            tmp_path / name, shop, name=name, existing__test__path=NODE, agents=["scripted"]
        )
        started.append(kit.start("--request", info, IMPROVE_SCRIPTED_EDITS=str(edits)))
    assert [child.wait(240) for child in started] == [0, 0]
    refs = git(shop, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
    assert refs == ["fix/left", "fix/right", "main"]
    origin = shop.parent / "shop-origin.git"
    for name in ("left", "right"):
        assert git(shop, "rev-parse", f"fix/{name}") == git(origin, "rev-parse", f"fix/{name}")
    assert len([run for run in kit.runs() if (run / "pull-request.md").is_file()]) == 2
