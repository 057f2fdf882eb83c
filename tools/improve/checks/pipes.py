"""Two named pipes in a folder, spoken over in lines, with a time limit for each."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

PIECE = 1 << 16


class Pipes:
    """Our end of the conversation; the other side opens ``replies``, then ``requests``.

    A line is at most what memory holds. Every call raises TimeoutError when the time is up, and
    OSError when the other side is gone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("requests", "replies"):
            os.mkfifo(folder / name, 0o600)
        self._in = os.open(folder / "replies", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._out = -1
        self._rest = b""

    def read(self, seconds: float) -> str:
        """The next line without its end; '' when the other side has closed."""
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            _wait_for(self._in, select.POLLIN, end)
            piece = os.read(self._in, PIECE)
            if not piece:
                return ""
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace")

    def write(self, line: str, seconds: float) -> None:
        """Send one line."""
        end = time.monotonic() + seconds
        while self._out < 0:
            with contextlib.suppress(OSError):  # ENXIO: the other side has not opened it yet
                flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
                self._out = os.open(self.folder / "requests", flags)
                break
            if time.monotonic() > end:
                raise TimeoutError("nobody reads")
            time.sleep(0.002)
        left = memoryview(line.encode() + b"\n")
        while left:
            _wait_for(self._out, select.POLLOUT, end)
            left = left[os.write(self._out, left[:PIECE]) :]

    def hang_up(self) -> None:
        """Tell the other side that no more requests come."""
        if self._out >= 0:
            os.close(self._out)
            self._out = -1

    def close(self) -> None:
        """Close both pipes."""
        self.hang_up()
        os.close(self._in)


def _wait_for(descriptor: int, event: int, end: float) -> None:
    watched = select.poll()
    watched.register(descriptor, event)
    if not watched.poll(max(0.0, end - time.monotonic()) * 1000):
        raise TimeoutError("no answer in time")
