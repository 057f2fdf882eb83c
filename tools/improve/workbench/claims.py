"""Who uses what, asked of the kernel and not of a file's age.

A ``flock`` ends with its process, however that ends, and none of the programs that we start
inherits one (PEP 446). Users of a thing share its lock; who builds or removes it holds it alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from improve.errors import AlreadyRunning

WAITS = (0.1, 0.2, 0.4, 0.8)  # what was killed a moment ago may still be dying
_READ = os.O_RDONLY | os.O_CLOEXEC


@contextlib.contextmanager
def together(path: Path) -> Iterator[None]:
    """Use what the lock file ``path`` stands for, beside others; waits while somebody has it alone.

    Raises: OSError when the file can neither be opened nor made.
    """
    with opened(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody uses ``path``, a lock file or a folder; then nobody can until the block ends.

    What is not there, nobody uses; what cannot be asked may well be in use.
    """
    try:
        handle = os.open(path, _READ)
    except FileNotFoundError:
        yield True
        return
    except OSError:
        yield False
        return
    try:
        yield taken(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


def in_use(path: Path) -> bool:
    """Somebody holds the lock of this file or folder."""
    with alone(path) as free:
        return not free


@contextlib.contextmanager
def left_behind(place: Path) -> Iterator[None]:
    """The folder ``place`` is nobody's, and may be removed in the block, if it is there at all.

    Raises: AlreadyRunning when a living process works in it.
    """
    for wait in (*WAITS, 0.0):
        with alone(place) as free:
            if free:
                yield
                return
        time.sleep(wait)
    raise _in_use(place)


@contextlib.contextmanager
def made(place: Path, mode: int = 0o777) -> Iterator[None]:
    """A new folder, whose lock is held in the block; who removes it does so before that ends.

    Raises: AlreadyRunning when somebody else makes it at the same time; OSError when it cannot be made.
    """
    try:
        place.mkdir(mode)
        handle = os.open(place, _READ | os.O_DIRECTORY)
    except FileExistsError:
        raise _in_use(place) from None
    try:
        # Who only looks at it, or takes it for left behind, holds the lock for a moment.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not _is(place, handle):
            raise _in_use(place)
        yield
    finally:
        os.close(handle)


def _is(place: Path, handle: int) -> bool:
    try:
        return os.path.samestat(place.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _in_use(place: Path) -> AlreadyRunning:
    return AlreadyRunning(
        f"Another process of this toolkit works in {place}.",
        "Wait for it to end (fuser shows which it is), then go on with ./run.sh --resume.",
    )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a lock file, which is made where there is none."""
    handle = os.open(path, _READ | os.O_CREAT, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)


def taken(handle: int, how: int) -> bool:
    """Take the lock if that needs no waiting. One that the descriptor has already is given up first:
    two who each wait for the other's share to end would wait for ever (flock(2), "converting")."""
    fcntl.flock(handle, fcntl.LOCK_UN)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
