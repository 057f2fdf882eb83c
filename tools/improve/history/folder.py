"""Reads a folder of JUnit files and logs into the database; what is there unchanged is not read again."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

from improve.errors import ImproveError
from improve.history import database
from improve.history.described import described
from improve.history.writing import Writer, worker_in
from improve.records.history import Part

LARGEST = 512 << 20  # bytes of one file
MOST_FILES = 100_000
MOST_TELLING = 1 << 20  # bytes of a run.json
COMMIT_SECONDS = 1.0
TELL_SECONDS = 5.0
SUFFIXES = {".xml": "junit", ".log": "log", ".txt": "log"}
_STEP = 1 << 16

Tell = Callable[[str], None]


def read_folder(connection: sqlite3.Connection, folder: Path, tell: Tell) -> list[str]:
    """Read what is new or changed below ``folder``, take out what is gone; notes on the rest.

    Raises: ImproveError when there is no file of results below it.
    """
    notes: list[str] = []
    files = _files(folder, notes)
    if not files:
        raise ImproveError(
            f"{folder} holds no JUnit file (*.xml) and no log (*.log, *.txt).",
            "Give a folder with one folder for each run; analyze-nd-failures/README.md has the layout.",
        )
    there = database.known(connection)
    new = {key: found for key, found in files.items() if there.get(key) != found[1]}
    for key in there.keys() - files.keys():
        database.forget(connection, key)
    writer, committed = Writer(connection), time.monotonic()
    said = committed
    told = _Told(folder, notes)
    junit_beside = {key.rpartition("/")[0] for key in files if files[key][2] == "junit"}
    for at, (key, (path, mark, kind)) in enumerate(sorted(new.items()), 1):
        if kind == "junit" or key.rpartition("/")[0] not in junit_beside:
            part = described(key, told.of(key), kind, mark)
            _read(writer, connection, path, part, notes)
        if time.monotonic() - committed > COMMIT_SECONDS:
            connection.commit()
            committed = time.monotonic()
        if time.monotonic() - said > TELL_SECONDS:
            said = time.monotonic()
            tell(f"read {at:,} of {len(new):,} new files")
    connection.commit()
    tell(f"{len(new):,} of {len(files):,} files were new")
    return notes


def _files(folder: Path, notes: list[str]) -> dict[str, tuple[Path, str, str]]:
    """Relative name -> path, mark, kind. Links are not followed."""
    found: dict[str, tuple[Path, str, str]] = {}
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            kind = SUFFIXES.get(path.suffix.lower())
            if kind is None:
                continue
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                notes.append(f"{_shown(path, folder)}: not a regular file, left out")
            elif status.st_size > LARGEST:
                notes.append(
                    f"{_shown(path, folder)}: {status.st_size >> 20} MB, more than "
                    f"{LARGEST >> 20} MB are not read"
                )
            elif len(found) >= MOST_FILES:
                notes.append(f"only the first {MOST_FILES:,} files were read")
                return found
            else:
                mark = f"{status.st_size}-{status.st_mtime_ns}"
                found[_shown(path, folder)] = (path, mark, kind)
    return found


class _Told:
    """What the run.json files say; each is read once."""

    def __init__(self, folder: Path, notes: list[str]) -> None:
        self._folder, self._notes = folder, notes
        self._known: dict[str, dict[str, object]] = {}

    def of(self, key: str) -> dict[str, object]:
        """For a file: the nearest folder's words go before those of the folders above it."""
        place = key.rpartition("/")[0]
        told: dict[str, object] = {}
        while True:
            told = {**self._read(place), **told}
            if not place:
                return told
            place = place.rpartition("/")[0]

    def _read(self, place: str) -> dict[str, object]:
        if place not in self._known:
            self._known[place] = self._parse(self._folder / place / "run.json")
        return self._known[place]

    def _parse(self, path: Path) -> dict[str, object]:
        if path.is_symlink() or not path.is_file():
            return {}
        try:
            with path.open("rb") as stream:
                found = json.loads(stream.read(MOST_TELLING))
        except (OSError, ValueError, RecursionError) as error:
            self._notes.append(f"{_shown(path, self._folder)}: not read: {str(error)[:100]}")
            return {}
        return found if isinstance(found, dict) else {}


def _read(
    writer: Writer, connection: sqlite3.Connection, path: Path, part: Part, notes: list[str]
) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            writer.begin(part, worker_in(part.key))
            if part.kind == "log":
                writer.log(stream)
            else:
                writer.junit(iter(lambda: stream.read(_STEP), b""))
    except OSError as error:
        notes.append(f"{part.key}: cannot be read: {error.strerror or error}")
        database.forget(connection, part.key)


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
