"""Opening a file below a folder, and never one that lies elsewhere.

A path is opened part by part, each below the one before and never through a link (``O_NOFOLLOW``):
a path that is checked first and opened afterwards may have become another one between the two.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

LARGEST_FILE = 1 << 30  # bytes; a hole of a terabyte costs its writer nothing
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO without a writer would wait for ever.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def opened(root: Path, below: str) -> int:
    """A descriptor of what lies at ``below`` (a relative path without ``..``) under ``root``.

    Raises: OSError, with ELOOP where a part of ``below`` is a link and EXDEV where it leads out.
    """
    parts = PurePosixPath(below).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise OSError(errno.EXDEV, "it leads out of its folder", below)
    current = os.open(root, FOLDER & ~os.O_NOFOLLOW)
    for number, part in enumerate(parts, 1):
        above = current
        try:
            current = os.open(part, FILE if number == len(parts) else FOLDER, dir_fd=above)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(part, above):
                raise OSError(errno.ELOOP, "a part of it is a link", below) from None
            raise
        finally:
            os.close(above)
    return current


def _is_link(name: str, above: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)


def regular(root: Path, path: Path) -> BinaryIO | None:
    """The file at ``path``, open for reading; None when it is not a regular one below ``root``.

    A link that stays below ``root`` is followed (``lib64`` of an environment is one).
    """
    try:
        top = root.resolve()
        descriptor = opened(top, path.resolve().relative_to(top).as_posix())
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle, before 3.13
        return None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST_FILE:
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb")
