"""The log that ``raw-logs`` names: found, opened as a regular file, copied byte for byte."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from improve import rundir
from improve.errors import ImproveError, RequestError
from improve.workbench import beneath

PATH_CHARACTERS = 1024
ROOM_BYTES = 64 << 20  # what the rest of a run may need beside the log
KERNEL = (Path("/proc"), Path("/sys"))  # what looks like a file there is the machine's state


def looks_like_path(given: str) -> bool:
    """One line is read as a path; a log has several."""
    return len(given) <= PATH_CHARACTERS and "\n" not in given.strip()


def open_log(given: str, folders: tuple[Path, ...]) -> BinaryIO:
    """The named log, open for reading; a relative path is looked up in ``folders``, in order.

    A relative path stays in its folder, and no part of it may be a link: a repository may hold one
    that leads to a file of the user's. An absolute one (or ``~/``) is the user's own word.

    Raises: RequestError when there is none, or when it is no regular file that can be read.
    """
    name = given.strip()
    path = Path(os.environ.get("HOME", "~"), name[2:]) if name.startswith("~/") else Path(name)
    ways: dict[Path, Callable[[], int]] = {
        folder / path: partial(beneath.opened, folder, name) for folder in folders
    }
    if path.is_absolute():
        ways = {path: partial(os.open, path, beneath.FILE & ~os.O_NOFOLLOW)}
    for one, way in ways.items():
        try:
            descriptor = way()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise _unreadable(name, getattr(error, "strerror", None) or str(error)) from None
        return _regular(descriptor, one)
    places = " or ".join(map(str, ways))
    raise RequestError(
        f"raw-logs: {_shown(name)} is one line, so it is read as a path, and there is no file {places}.",
        "Correct the path, or put the log's text (several lines) there.",
    )


def _regular(descriptor: int, path: Path) -> BinaryIO:
    real = path.resolve()
    kernels = any(place in real.parents for place in KERNEL)
    if kernels or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RequestError(
            f"raw-logs: {path} is not a regular file.", "Give the path of a log file."
        )
    return open(path, "rb", opener=lambda *_: descriptor)


def copy_log(source: BinaryIO, kept: Path) -> None:
    """Copy the whole log to ``kept``, readable by its owner only; nothing is left of half a copy.

    Raises: ImproveError when there is no room, or when the log grows while it is read.
    """
    size = os.fstat(source.fileno()).st_size
    free = shutil.disk_usage(kept.parent).free
    if size + ROOM_BYTES > free:
        raise ImproveError(
            f"The log has {size >> 20} MB and only {free >> 20} MB are free in {kept.parent}.",
            "Make room, or cut the log to the part with the failure.",
        )
    whole = False
    try:
        kept.unlink(missing_ok=True)  # an old one would keep its wider mode
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rundir.SECRET_MODE)
        with os.fdopen(descriptor, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        whole = kept.stat().st_size == size
    except OSError as error:
        raise ImproveError(
            f"The log could not be copied to {kept}: {error.strerror or error}.",
            "Make room, then go on with ./run.sh --resume.",
        ) from error
    finally:
        if not whole:
            kept.unlink(missing_ok=True)
    if not whole:
        raise ImproveError(
            f"The log {source.name} changed while it was read.", "Start again when it is complete."
        )


def _unreadable(name: str, reason: str) -> RequestError:
    return RequestError(
        f"raw-logs: {_shown(name)} is one line, so it is read as a path, and cannot be read: {reason}.",
        "Correct the path or its permissions (an absolute path may lead through links), or put the "
        "log's text (several lines) there.",
    )


def _shown(name: str) -> str:
    return ascii(name[:200])
