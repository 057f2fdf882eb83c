"""Reads the one file: a regular file of sensible size, never a pipe or a device."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from improve.contract.decoding import decode_json
from improve.errors import RequestError

MAX_BYTES = 1_000_000


def read_json(path: Path) -> object:
    """The JSON value in the file at ``path``.

    Raises RequestError when it is missing, unreadable, no regular file, too large, wrongly
    encoded or not JSON.
    """
    return decode_json(read_request_bytes(path), path.name or str(path))


def read_request_bytes(path: Path) -> bytes:
    """Content of a regular file of at most ``MAX_BYTES``.

    O_NONBLOCK, because opening a FIFO without a writer would wait forever; the kind and the size
    are asked of the open file, so nothing can be swapped in between.
    """
    shown = ascii(str(path))[1:-1]
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise RequestError(
            f"{shown}: there is no such file",
            "write an info.json (the one shipped is an example), or name yours with --request",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(f"{shown}: cannot be read: {reason}", _cure_for(error)) from None
    try:
        _require_regular(os.fstat(descriptor), shown)
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # files of /proc and growing files lie about size
    except OSError as error:
        reason = error.strerror or str(error)
        raise RequestError(f"{shown}: cannot be read: {reason}", _cure_for(error)) from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise _too_large(shown, len(data))
    return data


def _require_regular(status: os.stat_result, shown: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise RequestError(f"{shown}: is a directory", f"name the file in it: {shown}/info.json")
    if not stat.S_ISREG(status.st_mode):
        kind = "a pipe (FIFO)" if stat.S_ISFIFO(status.st_mode) else "a device or a socket"
        raise RequestError(f"{shown}: is {kind}, not a regular file", "save it as a plain file")
    if status.st_size > MAX_BYTES:
        raise _too_large(shown, status.st_size)


def _too_large(shown: str, size: int) -> RequestError:
    return RequestError(
        f"{shown}: is {size / 1e6:.1f} MB large; allowed: {MAX_BYTES / 1e6:.0f} MB",
        'put the log into a file of its own and give its path: "raw-logs": "ci.log"',
    )


def _cure_for(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "make it readable for you: chmod u+r"
    if isinstance(error, NotADirectoryError):
        return "a part of this path is a file, not a folder"
    return "check the path"
