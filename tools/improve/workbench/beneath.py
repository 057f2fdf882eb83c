"""Opening and writing a file below a folder, and never one that lies elsewhere.

A path is opened part by part, each below the one before and never through a link (``O_NOFOLLOW``):
a path that is checked first and opened afterwards may have become another one between the two.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from improve.errors import ImproveError

LARGEST_FILE = 1 << 30  # bytes; a hole of a terabyte costs its writer nothing
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO without a writer would wait for ever.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def opened(root: Path, below: str, flags: int = FILE) -> int:
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
            current = os.open(part, flags if number == len(parts) else FOLDER, dir_fd=above)
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


def write(root: Path, below: str, content: bytes) -> None:
    """Let the file at ``below`` (relative to ``root``) have this content; folders are made.

    For trees in which code of the target's ran: a link that it left in the file's place is replaced,
    not followed, and so is whatever else is no regular file. A link above it has to stay below
    ``root``, as one that the repository itself may hold.

    Raises: ImproveError when a folder above leads out, or when it cannot be written.
    """
    try:
        _write(root.resolve(), below, content)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before 3.13
        raise ImproveError(
            f"{below} could not be written: {getattr(error, 'strerror', None) or error}.",
            "Make room; if what is tested changes its own files, see what it does.",
        ) from error


def _write(top: Path, below: str, content: bytes) -> None:
    parent = (top / below).parent.resolve()
    if not parent.is_relative_to(top):
        raise ImproveError(
            f"{below} would be written outside the checkout: a folder above it is a link.",
            "Replace that link in the repository by a folder.",
        )
    parent.mkdir(parents=True, exist_ok=True)
    inner = parent.relative_to(top).as_posix()
    folder = os.open(top, FOLDER) if inner == "." else opened(top, inner, FOLDER)
    try:
        name = PurePosixPath(below).name
        descriptor = _existing(name, folder)
        if descriptor is None:
            descriptor = os.open(name, NEW, 0o666, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as stream:
            stream.truncate(0)
            stream.write(content)
    finally:
        os.close(folder)


def _existing(name: str, folder: int) -> int | None:
    """A descriptor of the regular file of this name, to write; what else is there is removed."""
    with contextlib.suppress(FileNotFoundError):
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
        # Another name of the same file may lie anywhere.
        if stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and about.st_mode & stat.S_IWUSR:
            return os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        os.unlink(name, dir_fd=folder)
    return None


def read(root: Path, below: str) -> bytes | None:
    """The bytes of the regular file at ``below``; None when there is none (see ``regular``)."""
    file = regular(root, root / below)
    if file is None:
        return None
    with file:
        return file.read()


def lines(root: Path, below: str) -> list[str]:
    """The lines of such a file; none when it is not there."""
    return (read(root, below) or b"").decode("utf-8", "replace").splitlines()


def text(root: Path, below: str) -> str | None:
    """The same as text with plain line ends; None also when it is not UTF-8."""
    content = read(root, below)
    try:
        return None if content is None else io.StringIO(content.decode("utf-8"), None).getvalue()
    except UnicodeDecodeError:
        return None
