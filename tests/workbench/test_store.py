"""Environments kept by content: only whole ones count, one builder at a time, old ones go."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.records import TargetEnvironment
from improve.workbench import store

MADE = TargetEnvironment(python=sys.executable, python_version="3.11.7", key="k", source="built")


def quiet(_text: str) -> None:
    """Nobody listens."""


def test_the_key_changes_with_everything_that_counts() -> None:
    key = store.content_key({"texts": {"a": "1"}, "setup": []})
    assert key == store.content_key({"setup": [], "texts": {"a": "1"}})
    assert key != store.content_key({"texts": {"a": "2"}, "setup": []})
    assert key != store.content_key({"texts": {"a": "1"}, "setup": ["x"]})


def test_an_environment_counts_once_its_marker_is_written(tmp_path: Path) -> None:
    assert store.load(tmp_path) is None
    (tmp_path / store.MARKER).write_text('{"half": ')
    assert store.load(tmp_path) is None
    store.save(tmp_path, MADE)
    assert store.load(tmp_path) == MADE
    store.save(tmp_path, MADE.model_copy(update={"python": str(tmp_path / "gone")}))
    assert store.load(tmp_path) is None


def test_a_second_builder_waits_and_says_so_then_gives_up(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        store.locked(tmp_path / "k", 1, quiet),
        pytest.raises(ImproveError, match="Another run"),
        store.locked(tmp_path / "k", 0.3, said.append),
    ):
        pass
    assert said == ["waiting for another run that builds the same environment"]
    with store.locked(tmp_path / "k", 0.3, quiet):
        pass


def test_old_and_surplus_environments_go_and_those_in_use_stay(tmp_path: Path) -> None:
    now = time.time()
    for number in range(14):
        place = tmp_path / f"e{number:02}"
        place.mkdir()
        store.save(place, MADE)
        age = now - number * 3600 - (40 * 86400 if number in {3, 13} else 0)
        os.utime(place / store.MARKER, (age, age))
    with store.locked(tmp_path / "e12", 1, quiet):
        assert store.prune(tmp_path, tmp_path / "e13", now) == 2
    left = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())
    assert left == [f"e{n:02}" for n in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 13)]
