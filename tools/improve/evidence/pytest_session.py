"""All that one pytest session told, in bounded memory, until it is made into failures."""

from __future__ import annotations

from improve.evidence.parse_traceback import TracebackParser
from improve.evidence.pieces import Piece
from improve.evidence.pytest_dump import join_dumps
from improve.evidence.pytest_progress import Progress
from improve.evidence.pytest_section import Section
from improve.evidence.pytest_summary import Entry, Row, merge

_MAX_ENTRIES = 5000


class Session:
    """Keeps at most ``limit`` sections, rows and dumps; ``dropped`` counts the rest."""

    def __init__(self, limit: int) -> None:
        self.progress = Progress()
        self.internal = TracebackParser(limit=20)
        self.entries: list[Entry] = []
        self.dropped = 0
        self._limit = limit
        self._sections: list[Section] = []
        self._rows: list[Row] = []
        self._dumps: list[Piece] = []

    def add_section(self, section: Section) -> None:
        """Keep a finished section; one that was pasted and tells no error was none."""
        if section.pasted and not section.tells_error:
            return
        if len(self._sections) < self._limit:
            self._sections.append(section)
        else:
            self.dropped += 1

    def add_entry(self, entry: Entry) -> None:
        if len(self.entries) < _MAX_ENTRIES:
            self.entries.append(entry)
        else:
            self.dropped += 1

    def add_row(self, row: Row) -> None:
        if len(self._rows) < self._limit:
            self._rows.append(row)

    def add_dump(self, piece: Piece) -> None:
        if len(self._dumps) < self._limit:
            self._dumps.append(piece)

    def titles(self) -> set[str]:
        """Titles and node ids told so far; they show where a summary line's node id ends."""
        return {section.name for section in self._sections} | set(self.progress.seen)

    def pieces(self) -> list[Piece]:
        """The session's failures."""
        pieces = merge(self._sections, self._rows, self.entries, self.progress)
        self.internal.close()
        for piece in self.internal.pieces:
            piece.framework, piece.kind = "pytest", "crash"
            pieces.append(piece)
        join_dumps(pieces, self._dumps)
        return pieces
