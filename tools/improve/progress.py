"""Live progress for people: on a terminal one line that moves, elsewhere a line now and then.

Only ever on stderr; stdout belongs to machines. A CI log wants few lines, so off a terminal a new
activity is told once, and a long one every 30 seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from improve.redaction import redact
from improve.visible import for_terminal

BEAT_SECONDS = 30.0
LONGEST = 300  # characters of one activity


class Progress:
    """Says what a phase is doing right now, how long it has taken and what it may take."""

    def __init__(self, phase: str, budget_seconds: float | None) -> None:
        self.phase = phase
        self.budget = budget_seconds
        self.began = time.monotonic()
        self.now = ""
        self.said = ""
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None
        self.live = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self.thread = threading.Thread(target=self._live if self.live else self._beat, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop.set()
        if self.thread:
            self.thread.join(2)

    def __call__(self, activity: str) -> None:
        """Tell what is being done from now on."""
        self.now = _line(activity)
        if not self.live and self.now != self.said:
            self._say(self.now)

    def note(self, text: str) -> None:
        """A line that stays."""
        self._say(_line(text))

    def _clock(self) -> str:
        spent = time.monotonic() - self.began
        budget = f" of {_minutes(self.budget)}" if self.budget else ""
        return f"{_minutes(spent)}{budget}"

    def _say(self, text: str) -> None:
        clear = "\r\x1b[K" if self.live else ""
        print(f"{clear}    {self.phase}: {text} ({self._clock()})", file=sys.stderr, flush=True)  # noqa: T201
        self.said = text

    def _beat(self) -> None:
        while not self.stop.wait(BEAT_SECONDS):
            self._say(f"still {self.now or 'working'}")

    def _live(self) -> None:
        from rich.console import Console
        from rich.markup import escape

        console = Console(stderr=True)
        with console.status("") as status:
            while not self.stop.wait(0.2):
                status.update(f"{self.phase}: {escape(self.now)} [dim]({self._clock()})[/dim]")


def _line(text: str) -> str:
    # Cut last: of a secret that is cut in two, no part is known as one.
    return redact(" ".join(for_terminal(text).split()))[:LONGEST]


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
