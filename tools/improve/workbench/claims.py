"""Who uses what, asked of the kernel and not of a file's age.

A ``flock`` ends with its process, however that ends, and none of the programs that we start
inherits one (PEP 446). Users of a thing share its lock; who builds or removes it holds it alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

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
