"""A run's own folders: no other run has them, and none that is at work loses them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repositories import repository

from improve.context import Budget, Context
from improve.errors import AlreadyRunning
from improve.workbench import claims
from improve.workbench.bench import workbench
from improve.workbench.kept import kept
from improve.workbench.scratch import scratch_of

AUTHOR = ("Test Author", "author@example.invalid")
NAME = "2026-01-01_10-00-00_red"
WORKS = """
import sys, pathlib, tempfile
from improve.workbench.bench import workbench
from improve.workbench.scratch import scratch_of
source, run, bench, tempfile.tempdir = sys.argv[1:]
with scratch_of(pathlib.Path(run)) as place, workbench(pathlib.Path(source), pathlib.Path(bench), ("A", "a@x")):
    (place / "mine").touch()
    (pathlib.Path(bench) / "mine").touch()
    print("at work", flush=True)
    sys.stdin.read()
"""


def context(outputs: Path, cache: Path) -> Context:
    return Context(outputs / NAME, outputs, cache, Budget.of(60), lambda _text: None)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's git folder; temporary files lie beside it."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return repository(tmp_path / "user", {"a.py": "one\n"}) / ".git"


@contextlib.contextmanager
def at_work(source: Path, run: Path, bench: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process with the workbench and the temporary files of ``run``."""
    words = [str(place) for place in (source, run, bench, tempfile.gettempdir())]
    child = subprocess.Popen(
        [sys.executable, "-c", WORKS, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout and child.stdout.readline() == "at work\n"
        yield child


def test_runs_of_one_name_in_two_folders_work_side_by_side(source: Path, tmp_path: Path) -> None:
    """Both were begun in the same second, and share the cache of their user."""
    one, two = (context(tmp_path / name, tmp_path / "cache") for name in ("one", "two"))
    with workbench(source, one.bench_folder, AUTHOR) as first:
        with workbench(source, two.bench_folder, AUTHOR):
            listed = kept(tmp_path / "none", tmp_path / "cache", tmp_path / "none")
        assert [(item.kind, item.busy) for item in listed] == [("workbench", True)] * 2
        assert first.git.folder.is_dir()


def test_a_run_has_the_same_folder_in_every_session(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    here, there = (context(place / "one", tmp_path) for place in (tmp_path, tmp_path / "link"))
    assert here.bench_folder == there.bench_folder


def test_what_a_living_process_works_in_is_not_taken_from_it(source: Path, tmp_path: Path) -> None:
    run, bench = tmp_path / "outputs" / NAME, tmp_path / "cache" / "workbenches" / NAME
    with at_work(source, run, bench) as other:
        for doing in (workbench(source, bench, AUTHOR), scratch_of(run)):
            with pytest.raises(AlreadyRunning, match="works in") as caught, doing:  # type: ignore[attr-defined]
                pass
            assert "--resume" in caught.value.cure
        assert (bench / "mine").exists() and list((tmp_path / "tmp").glob("improve-*/mine"))
        other.send_signal(signal.SIGKILL)
    assert (bench / "mine").exists(), "it was killed, so this test shows something"
    with workbench(source, bench, AUTHOR), scratch_of(run) as place:
        assert not (bench / "mine").exists() and not (place / "mine").exists()


def test_of_two_that_begin_at_once_one_works(source: Path, tmp_path: Path) -> None:
    """The other one found the place free, too, a moment ago."""
    place = tmp_path / "bench"
    with claims.left_behind(place), claims.left_behind(place), claims.made(place):
        (place / "mine").touch()
        with pytest.raises(AlreadyRunning), claims.made(place):
            pass
        assert (place / "mine").exists()


def test_a_look_at_what_is_in_use_holds_nobody_up(source: Path, tmp_path: Path) -> None:
    """`improve clean` takes the lock of what a killed run left, for as long as it looks."""
    place = tmp_path / "bench"
    place.mkdir()
    looks = "import sys, time, pathlib; from improve.workbench.claims import alone\n"
    looks += "with alone(pathlib.Path(sys.argv[1])): print(flush=True); time.sleep(0.5)"
    with subprocess.Popen([sys.executable, "-c", looks, place], stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdout.readline()
        assert claims.in_use(place)
        with workbench(source, place, AUTHOR) as bench:
            assert bench.git.folder.is_dir()
