"""What runs leave on disk, and which of it may go.

=============  ==============================  ======================================================
kind           where                           goes after
=============  ==============================  ======================================================
run            ``outputs/<time>_<name>/``      the days that were asked for; the newest and reports stay
environment    ``<cache>/environments/<key>``  the same; it is built again when needed
downloads      ``<cache>/installers/<key>``    the same, a repository's at a time: half of an
                                               installer's cache is a damaged one
workbench      ``<cache>/workbenches/<run>-…`` a day: a killed run's, which is made again on --resume
temporary      ``<temporary>/improve-<8>``     a day: what a killed phase could not put away. Only with
                                               the mark that ``scratch.py`` leaves: others make
                                               folders there, too, and a clone may be called so
=============  ==============================  ======================================================

Locks stay: they are a few bytes, and one that is removed while somebody waits for it is two locks.
Nothing that is in use goes: the lock of a run, an environment or the downloads, and the folder of a
workbench or of temporary files, are flock'ed by whoever works with them. So the answer is the
kernel's, not a file's, and it is asked once more when a thing goes (``removal.py``).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from improve.workbench import claims
from improve.workbench.folders import walk
from improve.workbench.pruning import IN_USE_SECONDS
from improve.workbench.scratch import is_scratch
from improve.workbench.store import KEY, downloads_lock, lock_of, used

DAY = 86400.0
RUN = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}_[0-9]{2}(?:-[0-9]{2}){2}_.*", re.DOTALL)
BEFORE = {"pip", "uv"}  # once in downloads/, for all repositories together; read no more
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
    found = [
        Kept(kind, path, *measured(kind, path), claims.in_use(lock(kind, path)))
        for kind, path in _paths(outputs, cache, temporary)
    ]
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
    # Between two phases nobody holds the lock of an environment.
    lately = one.kind in ("environment", "downloads") and now - one.used < IN_USE_SECONDS
    return one.busy or lately


def _paths(outputs: Path, cache: Path, temporary: Path) -> Iterator[tuple[Kind, Path]]:
    """Only what is ours by its name or its mark: a setting may put all of these beside others."""
    places: tuple[tuple[Kind, Path, Callable[[Path], object]], ...] = (
        ("run", outputs, lambda p: RUN.fullmatch(p.name) and (p / "request.json").is_file()),
        ("environment", cache / "environments", lambda p: KEY.fullmatch(p.name)),
        ("downloads", cache / "installers", lambda p: KEY.fullmatch(p.name)),
        ("downloads", cache / "downloads", lambda p: p.name in BEFORE or KEY.fullmatch(p.name)),
        ("workbench", cache / "workbenches", lambda p: RUN.match(p.name)),
        ("temporary", temporary, is_scratch),
    )
    for kind, folder, is_ours in places:
        yield from ((kind, path) for path in _folders(folder) if is_ours(path))


def lock(kind: Kind, path: Path) -> Path:
    """What whoever uses it holds the lock of."""
    if kind == "run":
        return path / "lock"
    if kind == "environment":
        return lock_of(path)
    return downloads_lock(path.parent.parent) if kind == "downloads" else path


def _folders(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        mine = os.getuid()
        return [
            one
            for one in sorted(folder.iterdir())
            if not one.is_symlink() and one.is_dir() and one.stat().st_uid == mine
        ]
    return []


def measured(kind: Kind, path: Path) -> tuple[float, int]:
    """When it was last used, and how large it is. An environment is used without being written to,
    so its marker is dated; of all else the newest file counts, at any depth."""
    last, size = (used(path) if kind == "environment" else _date(path)), 0
    for top, _, names in walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                told = os.lstat(os.path.join(top, name))  # noqa: PTH118 - a cache has 100,000 files
                size += told.st_blocks * 512 // max(1, told.st_nlink)
                if kind != "environment":
                    # A target may date its files as it likes, but not when they were changed.
                    last = max(last, min(told.st_mtime, told.st_ctime))
    return last, size


def _date(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0
