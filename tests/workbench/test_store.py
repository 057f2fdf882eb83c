"""Environments kept by content: only whole ones count, one builder at a time, old ones go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.records import TargetEnvironment
from improve.workbench import store
from improve.workbench.pruning import prune

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
        store.turn(tmp_path / "k", 1, quiet),
        pytest.raises(ImproveError, match="Another run"),
        store.turn(tmp_path / "k", 0.3, said.append),
    ):
        pass
    assert said == ["waiting for another run that builds the same environment"]
    with store.turn(tmp_path / "k", 0.3, quiet) as ready:
        assert ready is None, "nothing is there: it is this one's to build"


def kept_at(place: Path, age: float = 0) -> TargetEnvironment:
    """A complete environment with an interpreter of its own, last used ``age`` seconds ago."""
    python = place / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    made = MADE.model_copy(update={"python": str(python), "key": place.name})
    store.save(place, made)
    os.utime(place / store.MARKER, (time.time() - age,) * 2)
    return made


def key(number: int) -> str:
    return f"{number:020x}"


def test_many_use_one_environment_and_nobody_builds_it_meanwhile(tmp_path: Path) -> None:
    made = kept_at(tmp_path / key(1))
    with (
        store.turn(tmp_path / key(1), 0, quiet) as one,
        store.turn(tmp_path / key(1), 0, quiet) as two,
    ):
        assert one == two == made
    with store.using(made), store.turn(tmp_path / key(1), 0, quiet) as three:
        assert three == made, "a phase that works for hours does not keep others waiting"


def test_an_environment_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    made = kept_at(tmp_path / key(1))
    shutil.rmtree(tmp_path / key(1))
    with pytest.raises(ImproveError, match="--from reproduce"), store.using(made):
        pass
    found = made.model_copy(update={"key": ""})
    with store.using(found), store.using(None):
        pass  # it is not ours: whoever runs it will see


def test_old_and_surplus_environments_go_and_those_in_use_stay(tmp_path: Path) -> None:
    now = time.time()
    for number in range(14):
        kept_at(tmp_path / key(number), number * 3600 + (40 * 86400 if number in {3, 13} else 0))
    kept_at(tmp_path / "production", 90 * 86400)
    with store.turn(tmp_path / key(12), 1, quiet):
        os.utime(tmp_path / key(12) / store.MARKER, (now - 12 * 3600,) * 2)
        assert prune(tmp_path, tmp_path / key(13), now) == 2
    left = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())
    assert left == [*(key(n) for n in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 13)), "production"]


USER = """
import sys
from pathlib import Path
from improve.workbench import store
from improve.workbench.pruning import prune
made = store.load(Path(sys.argv[1]))
with store.using(made):
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_what_a_phase_uses_for_hours_stays_until_it_is_killed(tmp_path: Path) -> None:
    for number in range(12):
        kept_at(tmp_path / key(number), (3 + number) * 3600)
    oldest = tmp_path / key(11)
    phase = subprocess.Popen(
        [sys.executable, "-c", USER, str(oldest)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with phase:
        assert phase.stdout and phase.stdout.readline() == b"begun\n"
        os.utime(oldest / store.MARKER, (time.time() - 14 * 3600,) * 2)  # it works for 14 hours now
        assert prune(tmp_path, tmp_path / key(0)) == 1
        assert oldest.is_dir(), "an environment went away under the tests that run in it"
        phase.kill()
    assert prune(tmp_path, tmp_path / key(0)) == 1
    assert not oldest.exists(), "a killed phase still holds its environment"
