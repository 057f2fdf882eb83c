"""The frozen reproduction: kept by content, laid down only where it belongs."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve.checks.frozen import freeze, lay, untouched
from improve.errors import ImproveError

PATH = "reproduce/x/test_x.py"


def test_it_is_laid_down_as_it_was_frozen_and_any_change_is_seen(tmp_path: Path) -> None:
    frozen = freeze(tmp_path / "run", {PATH: b"assert 0\r\n"})
    tree = tmp_path / "tree"
    (tree / PATH).parent.mkdir(parents=True)
    (tree / PATH).symlink_to(tmp_path / "elsewhere")
    lay(tmp_path / "run", frozen, tree)
    assert untouched(frozen, tree) and not (tmp_path / "elsewhere").exists()
    (tree / PATH).write_text("assert 1\n")
    assert not untouched(frozen, tree)
    (tree / PATH).unlink()
    assert not untouched(frozen, tree)


def test_a_kept_copy_that_was_changed_is_not_used(tmp_path: Path) -> None:
    frozen = freeze(tmp_path, {PATH: b"assert 0\n"})
    (tmp_path / "frozen" / PATH).write_text("assert 1\n")
    with pytest.raises(ImproveError, match="not the reproduction") as caught:
        lay(tmp_path, frozen, tmp_path / "tree")
    assert "--from reproduce" in caught.value.cure


def test_a_link_in_the_target_cannot_lead_it_outside(tmp_path: Path) -> None:
    frozen = freeze(tmp_path / "run", {PATH: b"assert 0\n"})
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    for folder in (tree, outside):
        folder.mkdir()
    (tree / "reproduce").symlink_to(outside)
    with pytest.raises(ImproveError, match="outside the checkout"):
        lay(tmp_path / "run", frozen, tree)
    assert list(outside.iterdir()) == []
