"""Failures out of a JUnit file, as pytest, unittest's runners and those of other languages write it.

The file comes from a machine that ran foreign code, so it is read as a stream in flat memory, with
limits on depth, number and length, and without document types: entities cannot even be declared.
What stood before the place where a file breaks is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from improve.evidence.distil import MAX_FAILURES, finished
from improve.evidence.junit_case import Case
from improve.records.evidence import Failure

ROOTS = ("testsuites", "testsuite")
MAX_DEPTH = 100
MAX_ELEMENTS = 1_000_000
MAX_TOKEN = 4 << 20  # bytes of one tag, comment or instruction, which expat holds as a whole
_STEP = 1 << 16


class Told(NamedTuple):
    """One failure and the address (classname and name) that the file gives to its test."""

    address: str
    failure: Failure


class JunitResults(NamedTuple):
    """``known`` is False when the file is something else; then nothing was read of it."""

    known: bool
    tests: int
    told: tuple[Told, ...]
    notes: tuple[str, ...] = ()


class _Stop(Exception):
    """Why no more is read."""


def read_junit(chunks: Iterable[bytes]) -> JunitResults:
    """The failures that a JUnit file tells, cleaned and redacted; ``chunks`` are its bytes.

    Nothing is raised for whatever they hold: notes say what could not be read.
    """
    reader = _Reader()
    notes = []
    try:
        reader.read(_steps(chunks))
    except _Stop as stop:
        notes.append(f"{stop}; what stood before was read")
    except expat.ExpatError as error:
        place = f"at line {error.lineno}: {expat.ErrorString(error.code)}"
        notes.append(f"not well-formed {place}; what stood before was read")
    except (ValueError, LookupError):  # an encoding that Python does not know, or cannot stream
        notes.append("its encoding is not known")
    if reader.dropped:
        notes.append(
            f"{reader.dropped} failures more than the {MAX_FAILURES} kept were only counted"
        )
    if not reader.known:
        return JunitResults(False, 0, (), tuple(notes))
    return JunitResults(True, reader.tests, tuple(reader.told), tuple(notes))


def _steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _STEP):
            yield chunk[start : start + _STEP]


class _Reader:
    """expat's handlers, and what they have learned."""

    def __init__(self) -> None:
        self.known = False
        self.tests = 0
        self.told: list[Told] = []
        self.dropped = 0
        self._depth = self._elements = 0
        self._by_pytest = False
        self._case: Case | None = None

    def read(self, steps: Iterable[bytes]) -> None:
        """Raises: _Stop, expat.ExpatError, ValueError and LookupError where reading ends early."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        fed = 0
        for step in steps:
            fed += len(step)
            parser.Parse(step, False)
            if fed - parser.CurrentByteIndex > MAX_TOKEN:
                raise _Stop(f"one tag or comment is longer than {MAX_TOKEN >> 20} MB")
        parser.Parse(b"", True)

    def _document_type(self, name: str, *_declared: object) -> None:
        # Entities that multiply, and those that read files, need one; no JUnit file does.
        self.known = name in ROOTS
        raise _Stop("it declares a document type")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth == 1:
            self.known = tag in ROOTS
            if not self.known:
                raise _Stop("it is no JUnit file")
        if self._depth > MAX_DEPTH:
            raise _Stop(f"its elements are nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise _Stop(f"it has more than {MAX_ELEMENTS:,} elements")
        if tag in ROOTS:
            # The name is pytest's own unless its option junit_suite_name says otherwise.
            self._by_pytest = attributes.get("name") in ("pytest", "pytest tests")
        elif tag == "testcase":
            self.tests += 1
            self._case = Case(attributes, self._by_pytest)
        elif self._case is not None:
            self._case.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if self._case is None:
            return
        if tag == "testcase":
            self._case = None
            return
        piece = self._case.end(tag)
        if piece is None:
            return
        self._by_pytest = self._case.by_pytest
        if len(self.told) < MAX_FAILURES:
            self.told.append(Told(self._case.address, finished(piece, None)))
        else:
            self.dropped += 1

    def _text(self, text: str) -> None:
        if self._case is not None:
            self._case.text(text)
