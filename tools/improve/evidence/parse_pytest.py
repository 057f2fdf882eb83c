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
from improve.evidence.pytest_section import Section, title_of
from improve.evidence.pytest_summary import Entry, Row, is_status, merge, read_entry, read_row

_VERBOSE = re.compile(
    r"(?:\[gw\d+\] \[ *\d+%\] )?(?:(FAILED|ERROR) )?(\S[^:]{0,500}::.{1,2000}?)"
    r"(?: <- \S{1,500})?(?: (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN)\b[^:]{0,300})?$"
)
_END = re.compile(r"\bin \d[\d.]*(?: ?s\b|s \(| seconds)")
_QUIET_END = re.compile(r"\d+ (?:failed|passed|errors?|skipped|warnings?|deselected)\b.* in \d")
_USAGE = re.compile(
    r"ERROR: (not found: |file or directory not found: |found no collectors for )(.+)$"
)
_CONFTEST = "ImportError while loading conftest "
_MAX_SEEN = 5000


class PytestParser:
    """Feed it lines; ``pieces`` holds the finished failures, at most ``limit`` of them."""

    def __init__(self, limit: int = 2000) -> None:
        self.pieces: list[Piece] = []
        self.dropped = 0
        self.unfinished: str | None = None
        self._limit = limit
        self._rootdir: str | None = None
        self._width = 80
        self._reset()

    def _reset(self) -> None:
        self._mode = "idle"
        self._group = "FAILED"
        self._nested = False
        self._section: Section | None = None
        self._dump: Dump | None = None
        self._dumps: list[Piece] = []
        self._sections: list[Section] = []
        self._rows: list[Row] = []
        self._entries: list[Entry] = []
        self._seen: dict[str, str] = {}
        self._titles: set[str] = set()
        self._running: str | None = None

    @property
    def open(self) -> bool:
        """A session has begun and has not told its end."""
        return self._mode != "idle"

    def feed(self, text: str) -> bool:
        """Take one line. True while it belongs to pytest's output."""
        if self._dump is not None:
            if self._dump.feed(text):
                return True
            self._end_dump()
        first = text[:1]
        if first == "=" and text[-1:] == "=" and self._banner(text):
            return True
        if self._mode == "section":
            self._in_section(text, first)
            return True
        if self._mode == "summary":
            return self._in_summary(text)
        return self._in_progress(text)

    def close(self) -> None:
        """The log, the step or the session ended: pair up what is there."""
        if self._dump is not None:
            self._end_dump()
        self._end_section()
        pieces = merge(self._sections, self._rows, self._entries, self._seen, self._rootdir)
        _join_dumps(pieces, self._dumps)
        if self.open and not pieces:
            self.unfinished = self._running or ""
        for piece in pieces:
            piece.settle(self._rootdir)
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
        inside = self._section is not None and self._section.captured
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
            self._titles = {s.name for s in self._sections} | set(self._seen)
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
            title = self._title(text)
            if title is not None:
                self._end_section()
                self._section = Section(self._group, title)
                return
        if self._section is not None:
            self._section.feed(text)
        elif text and len(self._rows) < self._limit:
            self._rows.append(read_row(text))

    def _title(self, text: str) -> str | None:
        left, right = text.find(" "), text.rfind(" ")
        if left < 1 or right <= left or text[:left].strip("_") or text[right + 1 :].strip("_"):
            return None
        title = text[left + 1 : right]
        if not title.strip("_ "):  # '_ _ _ _': between two entries of one traceback
            return None
        captured = self._section is not None and self._section.captured
        exact = len(text) == self._width or (len(text) > self._width - 3 and left == 1)
        return title if exact or (not captured and left > 2) else None

    def _end_section(self) -> None:
        section, self._section, self._nested = self._section, None, False
        if section is None:
            return
        if len(self._sections) < self._limit:
            self._sections.append(section)
        else:
            self.dropped += 1

    def _in_summary(self, text: str) -> bool:
        if text.startswith(("FAILED ", "ERROR ", "SUBFAIL")):
            entry = read_entry(text, self._titles)
            if entry and len(self._entries) < _MAX_SEEN:
                self._entries.append(entry)
                return True
        if _QUIET_END.match(text):
            self.close()
        elif self._entries and not is_status(text) and text[:1] != "!":
            more = self._entries[-1].more
            if len(more) < 40:
                more.append(text)
        return True

    def _in_progress(self, text: str) -> bool:
        if FATAL in text or TIMEOUT in text:
            head = text.partition(" Fatal Python")[0].partition(" +++")[0].strip()
            if "::" in head:
                self._running = head
            self._dump = Dump(text, self._running)
            return True
        if "::" in text:
            return self._progress_line(text) or self.open
        if text.startswith("rootdir: "):
            self._rootdir = text[9:].partition(", ")[0].strip()
        elif text.startswith(_CONFTEST):
            self._conftest(text)
            return True
        elif text.startswith("ERROR: "):
            self._usage(text)
        elif self.open and _QUIET_END.match(text):
            self.close()
        return self.open

    def _progress_line(self, text: str) -> bool:
        if text.startswith("ERROR: "):
            self._usage(text)
            return True
        found = _VERBOSE.match(text)
        if not found:
            return False
        node_id, status = found[2].strip(), found[1] or found[3]
        if not self.open:  # a lone summary line, pasted without its surroundings
            entry = read_entry(text) if found[1] else None
            if entry and ".py" in entry.node_id:
                self._entries.append(entry)
            return entry is not None
        self._running = node_id if status is None else None
        if status in ("FAILED", "ERROR") and len(self._seen) < _MAX_SEEN:
            self._seen.setdefault(node_id, status)
        return True

    def _conftest(self, text: str) -> None:
        self.close()
        self._mode, self._group = "section", "ERROR"
        self._section = Section("ERROR", "ERROR collecting test session")
        self._section.feed(text)

    def _usage(self, text: str) -> None:
        found = _USAGE.match(text)
        if found and len(self.pieces) < self._limit:
            message = text.removeprefix("ERROR: ")
            self.pieces.append(Piece(kind="collection", message=message, excerpt=text))

    def _end_dump(self) -> None:
        dump, self._dump = self._dump, None
        if dump is not None and len(self._dumps) < self._limit:
            self._dumps.append(dump.piece(self._rootdir))
            self._running = None


def _join_dumps(pieces: list[Piece], dumps: list[Piece]) -> None:
    """A dump of a crashed worker and pytest's own word of it are one failure."""
    for dump in dumps:
        test = title_of(dump.node_id or "").partition("[")[0].split(".")[-1]
        for piece in pieces:
            same = title_of(piece.node_id or "").partition("[")[0].split(".")[-1]
            if piece.kind == "crash" and not piece.frames and test in ("", same):
                piece.frames, piece.message = dump.frames, dump.message
                piece.excerpt = dump.excerpt
                break
        else:
            pieces.append(dump)
