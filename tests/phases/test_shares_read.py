"""Shares of a measurement come from other machines: what is none is refused by its path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.phases.stress import NAME, shares


def refused(folder: Path, content: object) -> ImproveError:
    place = folder / "shard-2" / NAME
    place.parent.mkdir()
    place.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ImproveError) as refusal:
        shares(folder)
    assert str(place) in str(refusal.value)
    return refusal.value


def test_what_a_newer_release_wrote_is_called_that(tmp_path: Path) -> None:
    told = refused(tmp_path, {"schema": "stress", "version": 99, "mood": "new"})
    assert "newer release: it has version 99" in str(told) and "update this one" in told.cure


def test_what_is_wrong_is_named_before_what_is_unknown(tmp_path: Path) -> None:
    told = refused(tmp_path, {"schema": "stress", "version": 1, "mood": "new"})
    assert "toolkit: Field required" in str(told), told


def test_what_is_no_json_at_all(tmp_path: Path) -> None:
    assert "the top: Invalid JSON" in str(refused(tmp_path, "<html>"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/dev/zero")
    with pytest.raises(ImproveError, match="is a link"):
        shares(tmp_path)
