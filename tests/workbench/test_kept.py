"""What old runs left goes; what somebody uses, the newest run and every report stay."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from tests.support.verbs import improve

from improve.workbench.bench import workbench
from improve.workbench.git import Git
from improve.workbench.kept import DAY, Kept, Kind, choose, kept, lock
from improve.workbench.removal import GOING, take_away
from improve.workbench.scratch import MARK, scratch_of
from improve.workbench.users_repository import identity

NOW = 1_000_000_000.0
GB = 1_000_000_000


def one(name: str, days: float, kind: Kind = "run", size: int = GB, busy: bool = False) -> Kept:
    return Kept(kind, Path(name), NOW - days * DAY, size, busy)


def chosen(*found: Kept, days: float = 30, most: int = 100 * GB) -> list[str]:
    return [item.path.name for item, _ in choose(found, NOW, days, most)]


def test_what_is_old_goes_and_the_newest_run_stays() -> None:
    assert chosen(one("a", 90), one("b", 40), one("c", 31)) == ["a", "b"]
    assert chosen(one("a", 90)) == [], "the only run is the newest"
    assert chosen(one("a", 90, "environment"), one("b", 29, "downloads")) == ["a"]


def test_what_is_derived_goes_after_a_day() -> None:
    bench, scratch = one("w", 1.1, "workbench"), one("t", 1.1, "temporary")
    assert chosen(bench, scratch, one("w2", 0.9, "workbench")) == ["w", "t"]


def test_beyond_the_size_the_oldest_goes_first() -> None:
    found = [one("a", 5), one("b", 9, "environment"), one("c", 1)]
    assert chosen(*found, most=2 * GB) == ["b"]
    assert chosen(*found, most=0) == ["b", "a"], "the newest run stays at any size"


def test_what_is_in_use_stays_whatever_its_age_and_size() -> None:
    lately = one("read an hour ago", 1 / 24, "environment")
    assert chosen(one("a", 90, busy=True), one("b", 1), lately, days=0, most=0) == []
    assert chosen(one("a", 90), one("b", 1), lately, days=0, most=0) == ["a"], "the control"


KEY, OTHER, RUN, SCRATCH = "0a" * 10, "1b" * 10, "2026-01-01_10-00-00_dead", "improve-0a1b2c3d"
# Names that people give, and what lies beside ours when a setting puts the cache into such a place.
NOT_OURS = [
    *(f"TMPDIR/{name}" for name in ("other", "improve-website", "improve-speed-frontend")),
    "TMPDIR/improve-20261121", "TMPDIR/improve-check-a1b2c3d4", "outputs/improve-mine",
]  # fmt: skip
BESIDE = ["environments/production", "downloads/holiday", "installers/mac", "workbenches/oak"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders as runs leave them, all of them 40 days old."""
    for name in ("XDG_CACHE_HOME", "TMPDIR", "HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "TMPDIR"))
    cache = tmp_path / "XDG_CACHE_HOME" / "codebase-improvements"
    files = [
        *(f"outputs/2026-01-0{day}_10-00-00_red/request.json" for day in (1, 2, 3)),
        *(f"outputs/2026-01-0{day}_10-00-00_red.md" for day in (1, 2, 3)),
        f"TMPDIR/{SCRATCH}/{MARK}", f"TMPDIR/{SCRATCH}/improve-check-x/a",
        *(f"{name}/src/app.py" for name in NOT_OURS), "outputs/mine/request.json",
    ]  # fmt: skip
    inside = [
        f"environments/{KEY}/complete.json", f"installers/{OTHER}/a", "downloads/uv/a", f"workbenches/{RUN}/trees/a",
        *(f"{name}/src/app.py" for name in BESIDE),
    ]  # fmt: skip
    for path in [tmp_path / name for name in files] + [cache / name for name in inside]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "outputs/2026-01-01_10-00-00_red/lock").touch()
    for number, place in enumerate(sorted(tmp_path.rglob("*"))):
        os.utime(place, (time.time() - 40 * DAY + number,) * 2)
    return tmp_path


def left(world: Path) -> set[str]:
    cache = "XDG_CACHE_HOME/codebase-improvements"
    tops = ("outputs", "TMPDIR", *(f"{cache}/{one}" for one in
            ("environments", "installers", "downloads", "workbenches")))  # fmt: skip
    return {place.name for top in tops for place in (world / top).iterdir()}


REPORTS = {f"2026-01-0{day}_10-00-00_red.md" for day in (1, 2, 3)}
STAYS = {"mine", *REPORTS, *(Path(name).name for name in (*NOT_OURS, *BESIDE))}


def test_the_verb_frees_what_nobody_uses(world: Path) -> None:
    would = improve("clean", "--outputs", world / "outputs", "--dry-run")
    assert len(would.stdout.split()) == 7 and "would free" in would.stderr, would.stderr
    assert len(left(world)) == len(STAYS) + 8, "--dry-run removed something"
    with (world / "outputs/2026-01-01_10-00-00_red/lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = improve("clean", "--outputs", world / "outputs")
    names = {"2026-01-01_10-00-00_red", "2026-01-03_10-00-00_red", *STAYS}
    assert left(world) == names, done.stderr
    assert "1 of it in use" in done.stderr, done.stderr
    improve("clean", "--outputs", world / "outputs")
    assert left(world) == names - {"2026-01-01_10-00-00_red"}, "the control: its lock is free now"


def everything(world: Path) -> list[Kept]:
    cache = world / "XDG_CACHE_HOME" / "codebase-improvements"
    return kept(world / "outputs", cache, world / "TMPDIR")


def test_what_is_taken_into_use_after_the_look_stays(world: Path) -> None:
    """A run is resumed, an environment taken out of the cache, while others are being removed."""
    for found in everything(world):
        asked = lock(found.kind, found.path)
        if not asked.exists():
            asked.touch()
        held = os.open(asked, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)
        assert not take_away(found) and found.path.exists(), f"{found.kind} went in use"
        os.close(held)
    assert len(everything(world)) == 8


def test_what_was_used_and_left_again_after_the_look_stays(world: Path) -> None:
    for found in everything(world):
        inside = found.path / ("complete.json" if found.kind == "environment" else "new")
        inside.touch()
        assert not take_away(found) and found.path.exists(), f"{found.kind} was used since"
    now_older = everything(world)
    assert [take_away(found) for found in now_older] == [True] * 8, "the control"
    assert left(world) == STAYS


def test_two_who_make_room_at_once_take_each_thing_away_once(world: Path) -> None:
    for one in everything(world):
        lock(one.kind, one.path).touch()
    found, together = everything(world), threading.Barrier(2)
    taken, errors = list[Path](), list[str]()

    def make_room() -> None:
        for one in found:
            together.wait(30)
            try:
                taken.extend([one.path] if take_away(one) else [])
            except OSError as error:
                errors.append(str(error))

    both = [threading.Thread(target=make_room) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert errors == [] and sorted(taken) == sorted(one.path for one in found)
    assert [take_away(one) for one in found] == [False] * 8, "what is gone is gone"


def test_a_removal_that_was_killed_is_gone_on_with(world: Path) -> None:
    place = world / "TMPDIR" / SCRATCH
    place.replace(place.with_name(SCRATCH + GOING))
    improve("clean", "--outputs", world / "outputs")
    assert {"2026-01-03_10-00-00_red", *STAYS} == left(world)


def test_new_work_deep_inside_makes_a_thing_new(world: Path) -> None:
    before = {found.path for found in everything(world) if found.used > time.time() - DAY}
    (world / "TMPDIR" / SCRATCH / "improve-check-x/deep").mkdir()
    (world / "TMPDIR" / SCRATCH / "improve-check-x/deep/a").touch()
    after = {found.path for found in everything(world) if found.used > time.time() - DAY}
    assert (before, after) == (set(), {world / "TMPDIR" / SCRATCH})


def test_the_temporary_files_of_a_phase_are_in_use_until_it_ends(world: Path) -> None:
    with scratch_of(world / "outputs" / "2026-01-02_10-00-00_red") as place:
        mine = [found for found in everything(world) if found.path == place]
        assert [found.busy for found in mine] == [True]
    assert not place.exists()


def test_a_workbench_that_is_worked_in_is_in_use(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "r")], check=True)
    git = Git(tmp_path / "r" / ".git")
    place = tmp_path / "cache" / "workbenches" / RUN
    with workbench(git.folder, place, identity(git)):
        code = "import sys, pathlib; from improve.workbench.kept import kept; p = pathlib.Path(sys.argv[1]);"
        code += "print([one.busy for one in kept(p, p / 'cache', p / 'none')])"
        asked = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert asked.stdout.strip() == "[True]", asked
    assert kept(tmp_path, tmp_path / "cache", tmp_path / "none") == []
