"""What runs leave on disk, and which of it may go.

=============  ==============================  ======================================================
kind           where                           goes after
=============  ==============================  ======================================================
run            ``outputs/<time>_<name>/``      the days that were asked for; the newest and reports stay
environment    ``<cache>/environments/<key>``  the same; it is built again when needed
downloads      ``<cache>/downloads/<tool>``    the same, a tool's folder at a time: half of an
                                               installer's cache is a damaged one
workbench      ``<cache>/workbenches/<run>``   a day: a killed run's, which is made again on --resume
temporary      ``<temporary>/improve-*``       a day: what a killed process could not put away
=============  ==============================  ======================================================

Locks stay: they are a few bytes, and one that is removed while somebody waits for it is two locks.
Nothing that is in use goes: a run's lock, an environment's lock and a workbench's folder are
flock'ed by whoever works with them, so the answer is the kernel's, not a file's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from improve.workbench.store import IN_USE_SECONDS

DAY = 86400.0
RUNS = "????-??-??_??-??-??_*"
Kind = Literal["run", "environment", "downloads", "workbench", "temporary"]
DERIVED = {"workbench", "temporary"}  # of no use to anybody once their process is gone


@dataclass(frozen=True)
class Kept:
    """``used`` in seconds since the epoch, ``size`` in bytes."""

    kind: Kind
    path: Path
    used: float
    size: int
    busy: bool


def kept(outputs: Path, cache: Path, temporary: Path) -> list[Kept]:
    """All that runs left in these folders, oldest first. Other people's files are not listed."""
    found = [*_runs(outputs), *_environments(cache / "environments")]
    found += [_one("workbench", path, _held(path)) for path in _folders(cache / "workbenches", "*")]
    found += [_one("temporary", path, False) for path in _folders(temporary, "improve-*")]
    return sorted(found, key=lambda one: one.used)


def choose(
    found: Sequence[Kept], now: float, days: float, most_bytes: int
) -> list[tuple[Kept, str]]:
    """What goes and why, oldest first: by age, then by size until no more than that is left."""
    newest = max(
        (one for one in found if one.kind == "run"), key=lambda one: one.used, default=None
    )
    free = [one for one in found if one is not newest and not _in_use(one, now)]
    gone: list[tuple[Kept, str]] = []
    for one in free:
        age = (now - one.used) / DAY
        if age >= (1.0 if one.kind in DERIVED else days):
            gone.append((one, f"last used {age:.0f} days ago"))
    left = sum(one.size for one in found) - sum(one.size for one, _ in gone)
    chosen = {one.path for one, _ in gone}
    for one in sorted(free, key=lambda one: one.used):
        if left > most_bytes and one.path not in chosen and one.kind != "temporary":
            gone.append((one, "the oldest of more than is to be kept"))
            left -= one.size
    return gone


def _in_use(one: Kept, now: float) -> bool:
    # Who reads an environment holds no lock: what was taken out so lately may be in use.
    read = one.kind in ("environment", "downloads") and now - one.used < IN_USE_SECONDS
    return one.busy or read


def _runs(outputs: Path) -> Iterator[Kept]:
    for path in _folders(outputs, RUNS):
        if (path / "request.json").is_file():
            yield _one("run", path, _held(path / "lock"))


def _environments(folder: Path) -> Iterator[Kept]:
    building = any(_held(path) for path in folder.glob("*.lock"))
    for path in _folders(folder, "*"):
        yield _one("environment", path, _held(folder / f"{path.name}.lock"))
    for path in _folders(folder.parent / "downloads", "*"):
        yield _one("downloads", path, building)


def _folders(folder: Path, pattern: str) -> list[Path]:
    with contextlib.suppress(OSError):
        mine = os.getuid()
        return [
            one
            for one in folder.glob(pattern)
            if one.is_dir() and not one.is_symlink() and one.stat().st_uid == mine
        ]
    return []


def _one(kind: Kind, path: Path, busy: bool) -> Kept:
    used, size = 0.0, 0
    with contextlib.suppress(OSError):
        used = path.stat().st_mtime
    for top, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                told = os.lstat(os.path.join(top, name))  # noqa: PTH118 - a cache has 100,000 files
                size += told.st_blocks * 512 // max(1, told.st_nlink)
                if Path(top) == path:
                    used = max(used, told.st_mtime)
    return Kept(kind, path, used, size, busy)


def _held(path: Path) -> bool:
    """Somebody holds the lock of this file or folder. What is not there, nobody holds."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it cannot be asked: better to leave it
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
