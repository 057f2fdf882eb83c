"""stdout and stderr as the verbs see them: no secret is printed, whoever prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from improve.redaction import redact, remember

# Set by run.sh and step.sh where they read a verb's stdout: a path has to come as it is. ``bare``: to
# be read alone; ``told``: people see it on stderr as well, without secrets.
ANSWER = "IMPROVE_ANSWER"


class Redacting:
    """A stream that takes secrets out of each text; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redact(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Answering(Redacting):
    """stdout where a script reads it: exact, and where people look, what may be shown of it."""

    def __init__(self, stream: TextIO, people: TextIO | None) -> None:
        super().__init__(stream)
        self._people = people

    def write(self, text: str) -> int:
        if self._people:
            self._people.write(text)
        return self._stream.write(text)


def shown_beside(text: str) -> str:
    """How people may be shown ``text``, where a script was just told it exactly; else empty."""
    shown = redact(text)
    return shown if isinstance(sys.stdout, Answering) and shown != text else ""


def guard_streams() -> None:
    """From now on this process prints no secret: neither what looks like one nor one of its own."""
    remember(os.environ)
    _fill_the_first()
    stdout = sys.stdout or _nowhere()
    sys.stderr = cast(TextIO, Redacting(sys.stderr or _nowhere()))
    answer = os.environ.pop(ANSWER, "")  # for this process, not for those that it starts
    people = sys.stderr if answer == "told" else None
    sys.stdout = cast(TextIO, Answering(stdout, people) if answer else Redacting(stdout))


def _fill_the_first() -> None:
    # A descriptor that was closed when we were started (`2>&-`) goes to the next file that is opened,
    # and what a program of ours writes to its stderr would end in an artifact.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _nowhere() -> TextIO:
    # As long as the process: nobody has to close it.
    return Path(os.devnull).open("w", encoding="utf-8")
