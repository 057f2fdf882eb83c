"""Which parts of a change are taken back, and in which order."""

from __future__ import annotations

from pathlib import Path

from tests.support.repositories import git, repository, write

from improve.agents.embedded_reverts import _ways
from improve.agents.protocol import SlowDown

THEN = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
NOW = "def a():\n    return 10\n\n\ndef b():\n    return 20\n"


def known(tmp_path: Path, *hot: str) -> SlowDown:
    place = repository(tmp_path / "repo", {"near.py": THEN, "other.py": "x = 1\n"})
    write(place, {"near.py": NOW, "other.py": "x = 2\n"})
    diffs = tuple(f"{git(place, 'diff', f'--unified={n}')}\n".encode() for n in (0, 3))
    return SlowDown(diffs, hot, {"near.py": THEN, "other.py": "x = 1\n"}.get)


def test_changes_that_stand_near_each_other_are_taken_back_alone_and_together(
    tmp_path: Path,
) -> None:
    found = known(tmp_path, "near.py:5 b")
    ways = list(_ways(found, {"near.py": NOW, "other.py": "x = 2\n"}))
    assert [(way.place, way.text) for way in ways] == [
        ("near.py:6", NOW.replace("20", "2")),
        ("near.py:2", NOW.replace("10", "1")),
        ("near.py:2", THEN),
        ("other.py:1", "x = 1\n"),
        ("near.py", THEN),
    ]


def test_what_is_not_the_product_is_not_taken_back(tmp_path: Path) -> None:
    assert [way.path for way in _ways(known(tmp_path), {"other.py": "x = 2\n"})] == ["other.py"]
