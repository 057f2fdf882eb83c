"""Temporary files of a run, all in one folder that its next session knows.

kill -9 leaves behind what a context would have removed: folders in TMPDIR that nobody finds again.
A mark in the folder tells ``improve clean`` that it is one of these, and a lock that it is in use.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench import claims
from improve.workbench.folders import remove

MARK = ".made-by-improve"
_NAME = re.compile(r"improve-[0-9a-f]{8}(?:\.going)?")


@contextlib.contextmanager
def scratch_of(run: Path) -> Iterator[Path]:
    """All that this process makes with ``tempfile`` lies below one folder, private to the user.

    What a killed session of ``run`` left there is removed first. Raises: AlreadyRunning when a living
    process works there; ImproveError when the folder belongs to somebody else, or cannot be made.
    """
    before = tempfile.gettempdir()
    # Short: sockets lie in it, whose paths have to stay below 108 bytes (unix(7)).
    place = Path(before) / f"improve-{hashlib.sha256(os.fsencode(run.resolve())).hexdigest()[:8]}"
    with contextlib.ExitStack() as held:
        try:
            if os.path.lexists(place):
                _require_ours(place)
            with claims.left_behind(place):
                remove(place)
            held.enter_context(claims.made(place, 0o700))
            (place / MARK).touch()
        except OSError as error:
            raise ImproveError(
                f"{place} cannot be made: {error.strerror or error}.",
                "Make room, or set TMPDIR to a folder that you may write, then go on with ./run.sh --resume.",
            ) from error
        tempfile.tempdir = str(place)
        try:
            yield place
        finally:
            tempfile.tempdir = before
            with contextlib.suppress(ImproveError):
                remove(place)


def is_scratch(place: Path) -> bool:
    """Whether this folder is one that ``scratch_of`` made."""
    return bool(_NAME.fullmatch(place.name)) and os.path.lexists(place / MARK)


def _require_ours(place: Path) -> None:
    told = place.lstat()
    if told.st_uid != os.getuid() or not stat.S_ISDIR(told.st_mode):
        raise ImproveError(
            f"{place} is there and does not belong to this user.",
            "Remove it, or set TMPDIR to a folder of your own, then go on with ./run.sh --resume.",
        )
