"""One failure section of pytest's output, in every ``--tb`` style, line by line.

______ TestCart.test_total[a b] ______      the header; the parser makes a Section of it
tests/test_cart.py:12: in test_total        short style: place and function
>       raise ValueError                    long style: the source, then E lines, then
E       ValueError: no                      'path:line: Type'
Traceback (most recent call last): ...      native style
----- Captured stdout call -----            everything below is the program's own output
"""

from __future__ import annotations

import re

from improve.evidence.parse_traceback import START, TracebackParser, match_frame
from improve.evidence.pieces import Excerpt, Piece, RawFrame, in_repository, split_error, tidy_path
from improve.records.evidence import FailureKind

PLACE = re.compile(r"([^\s>].{0,500}?):(\d{1,8}):?(?: in (\S.{0,300})| ([\w.<>]{1,300}))?$")
_DEF = re.compile(r"\s{0,80}(?:async )?def (\w{1,200})")
_CAPTURED = re.compile(r"-{3,} ?(?:Captured|generated|live log)\b")
_WORKER = re.compile(r"\[gw\d+\] \w+ -- Python ")
_CRASHED = re.compile(r"worker '[^']{1,40}' crashed while running ['\"](.{1,2000})['\"]$")
_MODULE_FILE = re.compile(r"test module '([^']{1,1000})'")
_FIXTURE = re.compile(r"(?:recursive dependency involving )?fixture ['\"]")
_FIXTURE_FILE = re.compile(r"file (.{1,1000}), line (\d{1,8})$")
_NATIVE = (START, f"  + Exception Group {START}")
_MAX_FRAMES = 3000
_PHASES: tuple[tuple[str, FailureKind], ...] = (
    ("ERROR at setup of ", "setup"),
    ("ERROR at teardown of ", "teardown"),
    ("ERROR collecting ", "collection"),
)


def header_title(text: str, width: int, captured: bool) -> str | None:
    """The title of a section's header line, None when the line is something else.

    ``width`` is the terminal's; inside ``captured`` output only a line of that width counts.
    """
    left, right = text.find(" "), text.rfind(" ")
    if left < 1 or right <= left or text[:left].strip("_") or text[right + 1 :].strip("_"):
        return None
    title = text[left + 1 : right]
    if not title.strip("_ "):  # '_ _ _ _' stands between two entries of one traceback
        return None
    exact = len(text) == width or (len(text) > width - 3 and left == 1)
    return title if exact or (not captured and left > 2) else None


class Section:
    """Collects one section. ``group`` is 'FAILED' or 'ERROR', as the short summary calls it."""

    def __init__(self, group: str, title: str, pasted: bool = False) -> None:
        self.group = group
        self.pasted = pasted
        self.kind: FailureKind = "call"
        self.name = title
        for prefix, kind in _PHASES:
            if group == "ERROR" and title.startswith(prefix):
                self.kind, self.name = kind, title[len(prefix) :]
        self.name = self.name.removeprefix("[doctest] ")
        if self.kind == "collection" and self.name == "test session":
            self.name = ""
        self.captured = False
        self.node_id: str | None = None
        self.frames: list[RawFrame] = []
        self.place: tuple[str, int] | None = None
        self.bare_type: str | None = None
        self.error: str | None = None
        self.first_text = ""
        self._excerpt = Excerpt()
        self._in_error = False
        self._function = ""
        self._native: TracebackParser | None = None

    def feed(self, text: str) -> None:
        """Take one line of the section's body."""
        if _CAPTURED.match(text):
            self.captured = True
        if self.captured or _WORKER.match(text):
            return
        self._excerpt.add(text)
        if self._native is not None or text.startswith(_NATIVE):
            self._feed_native(text)
        elif text[:1] == "E" and text[1:4] in ("   ", ""):
            self._feed_error(text[1:])
        else:
            self._in_error = False
            self._feed_source(text)

    def _feed_native(self, text: str) -> None:
        if self._native is None:
            self._native = TracebackParser()
        self._native.feed(text)

    def _feed_error(self, text: str) -> None:
        inner = text.strip()
        if not self._in_error:
            self._in_error = True
            self.error, self.bare_type = inner, None
            self.place = None
            return
        if self.error and self.error.startswith('File "'):
            # A SyntaxError shows its place first and its name last.
            if self.place is None:
                frame = match_frame(self.error)
                self.place = frame[:2] if frame else None
            if inner.startswith(("SyntaxError", "IndentationError", "TabError")):
                self.error = inner

    def _feed_source(self, text: str) -> None:
        if text[:1] == " " or text[:1] == ">":
            if not self._function and "def " in text:
                found = _DEF.match(text[1:] if text[:1] == ">" else text)
                self._function = found[1] if found else ""
            return
        if not text:
            return
        self.first_text = self.first_text or text
        if text.startswith("_ _ _"):
            self._function = ""
        elif text.startswith("worker '"):
            self._feed_crash(text)
        elif ":" in text or text.startswith("file "):
            self._feed_place(text)

    def _feed_crash(self, text: str) -> None:
        found = _CRASHED.match(text)
        if found:
            self.kind, self.error, self.node_id = "crash", text, found[1]

    def _feed_place(self, text: str) -> None:
        found = PLACE.match(text)
        if found and " = " not in found[1]:  # '--showlocals' prints 'name = value'
            function = (found[3] or self._function).strip()
            del self.frames[_MAX_FRAMES - 1 :]
            self.frames.append((tidy_path(found[1]), int(found[2]), function))
            self.bare_type = found[4] or self.bare_type
            self._function = ""
            return
        for pattern in (_FIXTURE_FILE, _MODULE_FILE):
            found = pattern.search(text)
            if found and not self.frames:
                line = int(found[2]) if pattern is _FIXTURE_FILE else 0
                self.place = (tidy_path(found[1]), line) if line else None

    @property
    def tells_error(self) -> bool:
        return bool(self.error or self.bare_type or self._native)

    def ends_before(self, text: str) -> bool:
        """A pasted section without a header ends with the first line that is no part of one."""
        if not self.pasted or self.name:
            return False
        return bool(text) and text[:1] not in ("E", ">", " ") and not PLACE.match(text)

    def piece(self) -> Piece:
        """The section as a failure; its node id may still be unknown."""
        piece = Piece(kind=self.kind, title=self.name, node_id=self.node_id, frames=self.frames)
        piece.place = self.place
        if self._native is not None:
            self._native.close()
            if self._native.pieces:
                last = self._native.pieces[-1]
                piece.frames, piece.place = last.frames, last.place
                piece.error_type, piece.message = last.error_type, last.message
        elif self.error is not None and _FIXTURE.match(self.error):
            piece.error_type, piece.message = "FixtureLookupError", self.error
        elif self.kind == "crash":
            piece.message = self.error or ""
        elif self.error is not None:
            piece.set_error(self.error, self.bare_type)
        else:
            # Without an E line it is pytest.fail(pytrace=False) or the collector speaking.
            spoken = self.first_text and not self.first_text.startswith("[XPASS")
            piece.error_type = self.bare_type or ("Failed" if spoken else None)
            piece.message = self.first_text
            if self.bare_type == "DocTestFailure":
                piece.message = _doctest_message(self._excerpt.text())
        piece.excerpt = self._excerpt.text(self.error or "")
        return piece

    def own_node_id(self, rootdir: str | None) -> str | None:
        """The node id as far as the section itself tells: the first frame ran in the test."""
        if self.node_id:
            return self.node_id
        if self.kind == "collection":
            return self.name or None
        frames = self.piece().frames
        test = self.name.partition("[")[0].split(".")[-1]
        for path, _, function in frames:
            if function == test or (not test and function.startswith("test")):
                return f"{in_repository(path, rootdir)}::{node_names(self.name or function)}"
        return None


def pasted_section(text: str, last_def: str) -> Section | None:
    """The section that this line begins in a log without banners: a header, or its first E line.

    ``last_def`` is the last line that began a test's source, '' if there was none.
    """
    title = header_title(text, 0, captured=False) if text[:1] == "_" == text[-1:] else None
    if title and ("test" in title.lower() or title.startswith("ERROR ")):
        return Section("ERROR" if title.startswith("ERROR ") else "FAILED", title, pasted=True)
    if not text.startswith("E   ") or split_error(text[1:])[0] is None:
        return None
    section = Section("FAILED", "", pasted=True)
    section.feed(last_def)
    section.feed(text)
    return section


def _doctest_message(text: str) -> str:
    """'Expected:' and 'Got:' of a doctest in one line."""
    wanted, _, got = text.partition("\nExpected:\n")[2].partition("\nGot:\n")
    return f"expected {_first_line(wanted)!r}, got {_first_line(got)!r}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()


def node_names(title: str) -> str:
    """'Class.test_x[a.b]' -> 'Class::test_x[a.b]'."""
    names, bracket, parameter = title.partition("[")
    return names.replace(".", "::") + bracket + parameter


def title_of(node_id: str) -> str:
    """The name that a section's header gives to a node: 'a.py::C::t[x::y]' -> 'C.t[x::y]'."""
    path, _, names = node_id.partition("::")
    if not names:
        return path
    plain, bracket, parameter = names.partition("[")
    return plain.replace("::", ".") + bracket + parameter
