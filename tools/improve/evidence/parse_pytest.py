"""pytest's output, line by line: a small machine around sections, summary and dumps.

    idle -> session -> section <-> summary -> idle        'skip' stands for what tells nothing

A section's header has the width of the terminal, which is how a program's own output that looks
like one is told apart. A whole session inside captured output (a plugin's own tests) is passed
over.
"""

from __future__ import annotations

import re

from improve.evidence.pieces import Piece
from improve.evidence.pytest_dump import FATAL, TIMEOUT, Dump
from improve.evidence.pytest_section import Section, header_title, pasted_section
from improve.evidence.pytest_session import Session
from improve.evidence.pytest_summary import is_status, read_entry, read_row

_END = re.compile(r"\bin \d[\d.]*(?: ?s\b|s \(| seconds)")
_QUIET_END = re.compile(r"\d+ (?:failed|passed|errors?|skipped|warnings?|deselected)\b.* in \d")
_USAGE = re.compile(
    r"ERROR: (not found: |file or directory not found: |found no collectors for )(.+)$"
)
_INTERNAL = "INTERNALERROR>"
_SUGAR = "Test session starts ("
_CONFTEST = "ImportError while loading conftest "


class PytestParser:
    """Feed it lines; ``pieces`` holds the finished failures, at most ``limit`` of them."""

    def __init__(self, limit: int = 2000) -> None:
        self.pieces: list[Piece] = []
        self.dropped = 0
        self.unfinished: str | None = None
        self._limit = limit
        self._width = 80
        self._reset()

    def _reset(self) -> None:
        self._mode = "idle"
        self._group = "FAILED"
        self._nested = False
        self._section: Section | None = None
        self._dump: Dump | None = None
        self._session = Session(self._limit)
        self._titles: set[str] = set()
        self._last_def = ""

    @property
    def open(self) -> bool:
        """A session has begun and has not told its end."""
        return self._mode != "idle"

    @property
    def _captured(self) -> bool:
        return self._section is not None and self._section.captured

    def feed(self, text: str) -> bool:
        """Take one line. True while it belongs to pytest's output."""
        if self._dump is not None:
            if self._dump.feed(text):
                return True
            self._end_dump()
        first = text[:1]
        if first == "=" and text[-1:] == "=" and self._banner(text):
            return True
        if self._section is not None and self._section.ends_before(text):
            self._end_section()
            self._mode = "idle"
        if self._mode == "section":
            self._in_section(text, first)
            return True
        if self._mode == "idle" and self._pasted(text, first):
            return True
        if self._mode == "summary":
            return self._in_summary(text)
        return self._in_progress(text)

    def close(self) -> None:
        """The log, the step or the session ended: pair up what is there."""
        if self._dump is not None:
            self._end_dump()
        self._end_section()
        pieces = self._session.pieces()
        self.dropped += self._session.dropped
        if self.open and not pieces:
            self.unfinished = self._session.progress.running or ""
        for piece in pieces:
            piece.settle(self._session.progress.rootdir)
            if len(self.pieces) < self._limit:
                self.pieces.append(piece)
            else:
                self.dropped += 1
        self._reset()

    def _banner(self, text: str) -> bool:
        """A line like '==== FAILURES ===='; True when it was taken as one."""
        title = text.strip("=").strip()
        if not title:
            return False
        inside = self._captured
        if self._nested or (inside and title.startswith("test session starts")):
            self._nested = not _END.search(title)
            return True
        if inside and len(text) != self._width:
            return False
        if title.startswith("test session starts"):
            self.close()
            self._mode, self._width = "session", len(text)
        elif title in ("FAILURES", "ERRORS"):
            self._end_section()
            self._mode, self._width = "section", len(text)
            self._group = "FAILED" if title == "FAILURES" else "ERROR"
        elif title == "short test summary info":
            self._end_section()
            self._mode = "summary"
            self._titles = self._session.titles()
        elif _END.search(title):
            self.close()
        else:
            self._end_section()
            self._mode = "skip" if self.open else "idle"
        return True

    def _in_section(self, text: str, first: str) -> None:
        if self._nested:
            return
        if first == "_" and text[-1:] == "_":
            title = header_title(text, self._width, self._captured)
            if title is not None:
                self._end_section()
                self._section = Section(self._group, title)
                return
        if first == "\u2015" and text[-1:] == "\u2015":
            self._sugar(text)
        elif text.startswith(("FAILED ", "ERROR ")) and not self._captured:
            self._status(text)
        elif self._section is not None:
            self._section.feed(text)
        elif text:
            self._session.add_row(read_row(text))

    def _pasted(self, text: str, first: str) -> bool:
        if first == " ":
            self._last_def = text if " def test" in text else self._last_def
        elif first in ("_", "E"):
            self._section = pasted_section(text, self._last_def)
            if self._section is not None:
                self._mode, self._group = "section", self._section.group
                return True
        return False

    def _end_section(self) -> None:
        section, self._section, self._nested = self._section, None, False
        if section is not None:
            self._session.add_section(section)

    def _in_summary(self, text: str) -> bool:
        if text.startswith(("FAILED ", "ERROR ", "SUBFAIL")):
            entry = read_entry(text, self._titles)
            if entry:
                self._session.add_entry(entry)
                return True
        if _QUIET_END.match(text):
            self.close()
        elif self._session.entries and not is_status(text) and text[:1] != "!":
            more = self._session.entries[-1].more
            if len(more) < 40:
                more.append(text)
        return True

    def _in_progress(self, text: str) -> bool:
        if FATAL in text or TIMEOUT in text:
            head = text.partition(" Fatal Python")[0].partition(" +++")[0].strip()
            self._dump = Dump(text, head if "::" in head else self._session.progress.running)
            return True
        if self._mode == "skip":
            if _QUIET_END.match(text):
                self.close()
            return True
        if text.startswith("ERROR: "):
            self._usage(text)
            return self.open
        if "::" in text:
            return self._status(text) or self.open
        if text[:1] == "\u2015" and text[-1:] == "\u2015":
            return self._sugar(text)
        if text.startswith((_CONFTEST, _INTERNAL)):
            return self._abort(text)
        if self.open:
            self._session_line(text)
        elif text.startswith(_SUGAR):
            self._mode = "session"
        return self.open

    def _session_line(self, text: str) -> None:
        if text.startswith("rootdir: "):
            self._session.progress.rootdir = text[9:].partition(", ")[0].strip()
        elif _QUIET_END.match(text):
            self.close()
        else:
            self._session.progress.read_dots(text)

    def _status(self, text: str) -> bool:
        if text.startswith(("FAILED ", "ERROR ")):
            # A summary line without its banner: pasted, or after another program's output.
            entry = read_entry(text)
            if entry and ".py" in entry.node_id:
                self._session.add_entry(entry)
                return True
            return False
        return self._session.progress.read_status(text, self.open)

    def _abort(self, text: str) -> bool:
        """pytest itself could not go on: a conftest that fails to import, an internal error."""
        if text.startswith(_INTERNAL):
            self._session.internal.feed(text[len(_INTERNAL) :].removeprefix(" "))
            return True
        self.close()
        self._mode, self._group = "section", "ERROR"
        self._section = Section("ERROR", "ERROR collecting test session")
        self._section.feed(text)
        return True

    def _sugar(self, text: str) -> bool:
        """pytest-sugar tells each failure at once, under a rule of its own."""
        self._end_section()
        self._mode, self._group = "section", "FAILED"
        self._section = Section("FAILED", text.strip("\u2015 "))
        return True

    def _usage(self, text: str) -> None:
        found = _USAGE.match(text)
        if found and len(self.pieces) < self._limit:
            message = text.removeprefix("ERROR: ")
            self.pieces.append(Piece(kind="collection", message=message, excerpt=text))

    def _end_dump(self) -> None:
        dump, self._dump = self._dump, None
        if dump is not None:
            self._session.add_dump(dump.piece(self._session.progress.rootdir))
            self._session.progress.running = None
