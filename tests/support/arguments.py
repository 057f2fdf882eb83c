"""What any user of the machine reads: the arguments of every process, for as long as it lives."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


class Seen:
    """All command lines that there were at some moment, of processes that are newer than this."""

    def __init__(self) -> None:
        self.lines: set[bytes] = set()
        self._old = set(PROC.iterdir())

    def look(self) -> None:
        for entry in set(PROC.iterdir()) - self._old:
            with contextlib.suppress(OSError):
                self.lines.add((entry / "cmdline").read_bytes())

    def holds(self, words: str | bytes) -> bool:
        wanted = words.encode() if isinstance(words, str) else words
        return any(wanted in line for line in self.lines)


@contextlib.contextmanager
def watched() -> Iterator[Seen]:
    """Look again and again while the context lasts."""
    seen, over = Seen(), threading.Event()

    def go_on() -> None:
        while not over.is_set():
            seen.look()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
