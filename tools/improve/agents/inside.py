"""Opening what lies inside the fence, so that nothing can be swapped between decision and use.

Every part of a path is opened below the one before and never through a link (``O_NOFOLLOW``): a
program that a shell tool left running cannot turn a folder into a link after the decision.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from improve.agents.fence import Outside, Place, Refused

LARGEST_FILE = 2 << 20  # bytes
MOST_WALKED = 20_000
SKIPPED = frozenset({".git", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".mypy_cache"})
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
T = TypeVar("T")


@contextlib.contextmanager
def opened(place: Place, flags: int, *, make_folders: bool = False) -> Iterator[int]:
    """A descriptor of the place, reached folder by folder.

    Raises: Refused when it is not there, is a link, or is neither a file nor the folder asked for.
    """
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe would wait for its other end
    parts = [part for part in place.below.split("/") if part]
    with contextlib.ExitStack() as open_ones:
        current = os.open(place.root, FOLDER)
        open_ones.callback(os.close, current)
        for number, part in enumerate(parts, 1):
            last = number == len(parts)
            if make_folders and not last:
                with contextlib.suppress(FileExistsError):
                    told(partial(os.mkdir, part, dir_fd=current), place.below, FileExistsError)
            one = partial(os.open, part, flags if last else FOLDER, 0o644, dir_fd=current)
            current = told(one, place.below)
            open_ones.callback(os.close, current)
        if not flags & os.O_DIRECTORY and not stat.S_ISREG(os.fstat(current).st_mode):
            raise Refused(f"{place.below[:200]!r} is no file")
        yield current


def told(action: Callable[[], T], below: str, but: type[OSError] | tuple[()] = ()) -> T:
    """What ``action`` returns. Raises: Refused for an OSError that is not ``but``."""
    try:
        return action()
    except but:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:  # it was none when the fence looked
            raise Outside(f"{below[:200]!r}: it is a link") from error
        raise Refused(f"{below[:200]!r}: {error.strerror or 'it failed'}") from error


def content_of(place: Place) -> bytes:
    """A file's bytes. Raises: Refused, also for what is larger than ``LARGEST_FILE``."""
    with opened(place, os.O_RDONLY) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Refused(f"{place.below[:200]!r} is larger than {LARGEST_FILE} bytes")
    return content


def walk(place: Place) -> Iterator[tuple[str, int]]:
    """Files below a folder in order: path below its root, size. Links are not followed.

    Raises: Refused when it is no folder.
    """
    walked, prefix = 0, f"{place.below}/" if place.below else ""
    with opened(place, os.O_RDONLY | os.O_DIRECTORY) as top:
        for folder, folders, names, descriptor in os.fwalk(".", dir_fd=top):
            folders[:] = sorted(name for name in folders if name not in SKIPPED)
            below = "" if folder == "." else f"{folder.removeprefix('./')}/"
            for name in sorted(names):
                walked += 1
                if walked > MOST_WALKED:
                    return
                about = or_none(partial(os.stat, name, dir_fd=descriptor, follow_symlinks=False))
                if about and stat.S_ISREG(about.st_mode):
                    yield f"{prefix}{below}{name}", about.st_size


def or_none(action: Callable[[], T]) -> T | None:
    """What ``action`` returns, or None when the file is gone or refused meanwhile."""
    try:
        return action()
    except (OSError, Refused):
        return None
