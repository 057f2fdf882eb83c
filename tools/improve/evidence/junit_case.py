"""One test case of a JUnit file: its ``failure`` and ``error`` elements, made into pieces."""

from __future__ import annotations

import re

from improve.evidence.clean import CAP, strip_controls
from improve.evidence.junit_names import AROUND, FAILED_IMPORT, case_address, node_id
from improve.evidence.pieces import Excerpt, Piece, tidy_path
from improve.evidence.pytest_section import Section
from improve.records.evidence import FailureKind
from improve.redaction import redact

PROBLEMS = ("failure", "error")
MAX_LINES = 20_000
# What pytest writes as an error's message (junitxml.py, append_error and append_collect_error).
_PHASE = re.compile(r'failed on (setup|teardown) with "|test (setup|teardown) failure')
_COLLECTION = "collection failure"


class Case:
    """Collects one case; ``end`` gives a piece for each problem, as it ends.

    ``by_pytest``: the suite bears pytest's name, or an earlier case had pytest's form.
    """

    def __init__(self, attributes: dict[str, str], by_pytest: bool) -> None:
        self._by_pytest = by_pytest
        self._classname = _clean(attributes.get("classname", ""))
        self._name = _clean(attributes.get("name", ""))
        self._file = tidy_path(_clean(attributes.get("file", "")))
        self._line = attributes.get("line", "")
        self._problem = ""
        self._type = ""
        self._message: list[str] = []
        self._section = Section("FAILED", "")
        self._open_line = ""
        self._lines = 0

    @property
    def by_pytest(self) -> bool:
        """Whether pytest wrote it, as far as can be seen by now."""
        return self._by_pytest or self._section.error is not None

    @property
    def address(self) -> str:
        """Classname and name, as ``junit_names.address`` makes them of a node id; redacted."""
        return redact(case_address(self._classname, self._name))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element inside the case begins."""
        if tag not in PROBLEMS or self._problem:
            return
        self._problem = tag
        self._type = _clean(attributes.get("type", ""))
        told = attributes.get("message", "")[: 16 * CAP].split("\n")[:40]
        self._message = [_clean(line) for line in told]
        self._section = Section("FAILED", self._name)
        self._open_line, self._lines = "", 0

    def text(self, text: str) -> None:
        """A piece of an element's text."""
        if not self._problem:
            return
        first, *more = text.split("\n")
        self._open_line = (self._open_line + first[:CAP])[:CAP]
        for line in more:
            self._finish_line()
            self._open_line = line[:CAP]

    def end(self, tag: str) -> Piece | None:
        """An element inside the case ended: its piece, when it was a problem."""
        if tag != self._problem:
            return None
        self._finish_line()
        self._problem = ""
        piece = self._section.piece()
        kind = self._kind()
        if not self._section.tells_error:
            self._by_attributes(piece)
        files = [tidy_path(file) for file, _, _ in piece.frames]
        if not self.by_pytest and not self._python(files, kind):
            return self._foreign(piece)
        if piece.kind != "crash":
            piece.kind = kind
        if not self.by_pytest:
            piece.framework = "unittest"
        if self._name and not piece.node_id:
            piece.node_id = node_id(self._classname, self._name, self._file, files)
        piece.settle()
        return piece

    def _finish_line(self) -> None:
        self._lines += 1
        if self._lines <= MAX_LINES:
            self._section.feed(_clean(self._open_line).rstrip())
        self._open_line = ""

    def _kind(self) -> FailureKind:
        first = self._message[0] if self._message else ""
        found = _PHASE.match(first) or AROUND.match(self._name)
        if found:
            return "setup" if "setup" in found[0].lower() else "teardown"
        unimported = self._classname.startswith(FAILED_IMPORT)
        return "collection" if first == _COLLECTION or unimported else "call"

    def _by_attributes(self, piece: Piece) -> None:
        """Type and message from the attributes, where the text shows no error."""
        first = next((line for line in self._message if line.strip()), "")
        spoken = piece.error_type if self.by_pytest else None
        if first and first != _COLLECTION and not _PHASE.match(first):
            piece.set_error(first)
        piece.error_type = piece.error_type or self._type or spoken
        piece.excerpt = piece.excerpt or "\n".join(self._message)

    def _python(self, files: list[str], kind: FailureKind) -> bool:
        """Whether pytest can run this test, whoever wrote the file."""
        named = self._file.endswith(".py") or any(file.endswith(".py") for file in files)
        return named or kind != "call"

    def _foreign(self, piece: Piece) -> Piece:
        """A test of another language or runner: its name goes before what it says."""
        excerpt = Excerpt()
        title = f"{self._classname} {self._name}".strip()
        for line in (title, *piece.excerpt.split("\n")):
            excerpt.add(line)
        piece.framework, piece.kind, piece.excerpt = "command", "call", excerpt.text()
        if self._file:
            number = int(self._line) if self._line.isdecimal() and len(self._line) < 9 else 0
            piece.place = self._file, number
        return piece


def _clean(text: str) -> str:
    # pytest writes what XML cannot hold as '#x1B' (bin_xml_escape).
    return strip_controls(text[:CAP].replace("#x1B", "\x1b"))
