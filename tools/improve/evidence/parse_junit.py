"""Failures out of a JUnit file, as pytest, unittest's runners and those of other languages write it.

The file comes from a machine that ran foreign code, so it is read as a stream in flat memory, with
limits on depth, number and length, and without document types: entities cannot even be declared.
What stood before the place where a file breaks is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from improve.evidence.clean import clean_line
from improve.evidence.distil import MAX_FAILURES, finished
from improve.evidence.junit_case import PROBLEMS, Case
from improve.evidence.junit_names import case_address
from improve.records.evidence import Failure
from improve.redaction import redact

ROOTS = ("testsuites", "testsuite")
MAX_DEPTH = 100
MAX_ELEMENTS = 1_000_000
MAX_TOKEN = 4 << 20  # bytes of one tag, comment or instruction, which expat holds as a whole
MAX_PROPERTIES, PROPERTY = 50, 300  # of a suite or a case, and characters of one
MAX_PROBLEMS = 20  # of one case
MAX_ORDER = 2000  # tests before one that failed
_STEP = 1 << 16


class Told(NamedTuple):
    """One failure and the address (classname and name) that the file gives to its test."""

    address: str
    failure: Failure


class JunitResults(NamedTuple):
    """``known`` is False when the file is something else; then nothing was read of it.

    ``order`` has the addresses of the cases as they stand in the file, from the first to the last
    that failed: the order of the run, where one process made it.
    """

    known: bool
    tests: int
    told: tuple[Told, ...]
    notes: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


# One test case as it ended: attributes, properties, whether it was skipped, failures. The texts are
# raw: cleaning is their reader's. Plain arguments, since there may be millions.
Each = Callable[[dict[str, str], dict[str, str], bool, tuple[Told, ...]], None]


class _Stop(Exception):
    """Why no more is read."""


def read_junit(
    chunks: Iterable[bytes],
    each: Each | None = None,
    suite: dict[str, str] | None = None,
) -> JunitResults:
    """The failures that a JUnit file tells, cleaned and redacted; ``chunks`` are its bytes.

    ``each`` is given every case in the file's order; ``suite`` gets the suite's raw attributes and
    properties, those of the first one where there are several. Nothing is raised for whatever the
    bytes hold: notes say what could not be read.
    """
    reader = _Reader(each, {} if suite is None else suite)
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
    order = redact("\n".join(map(clean_line, reader.order))).split("\n") if reader.order else ()
    return JunitResults(True, reader.tests, tuple(reader.told), tuple(notes), tuple(order))


def _steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _STEP):
            yield chunk[start : start + _STEP]


class _Reader:
    """expat's handlers, and what they have learned."""

    def __init__(self, each: Each | None, suite: dict[str, str]) -> None:
        self.known = False
        self.tests = 0
        self.told: list[Told] = []
        self.order: list[str] = []  # up to the last case that failed
        self._since: list[str] = []  # after it
        self.dropped = 0
        self._each = each
        self._parser: expat.XMLParserType | None = None
        self._suite = suite
        self._depth = self._elements = 0
        self._by_pytest = False
        self._open: dict[str, str] | None = None  # the attributes of the case that we are in
        self._case: Case | None = None  # made for its first problem: most have none
        self._properties: dict[str, str] = {}
        self._skipped = False
        self._failures: tuple[Told, ...] = ()

    def read(self, steps: Iterable[bytes]) -> None:
        """Raises: _Stop, expat.ExpatError, ValueError and LookupError where reading ends early."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self._parser = parser
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
        if tag == "testcase":
            self.tests += 1
            self._open, self._case = attributes, None
            self._properties, self._skipped, self._failures = {}, False, ()
        elif tag == "property":
            kept = self._suite if self._open is None else self._properties
            if len(kept) < MAX_PROPERTIES:
                name, value = attributes.get("name", ""), attributes.get("value", "")
                kept.setdefault(name[:PROPERTY], value[:PROPERTY])
        elif tag in ROOTS:
            self._begin_suite(attributes)
        elif self._open is not None:
            self._inside(tag, attributes)

    def _begin_suite(self, attributes: dict[str, str]) -> None:
        # The name is pytest's own unless its option junit_suite_name says otherwise.
        self._by_pytest = attributes.get("name") in ("pytest", "pytest tests")
        for name, value in list(attributes.items())[:MAX_PROPERTIES]:
            self._suite.setdefault(name[:PROPERTY], value[:PROPERTY])

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        self._skipped = self._skipped or tag == "skipped"
        if tag in PROBLEMS and self._case is None:
            self._case = Case(self._open or {}, self._by_pytest)
            self._listen(True)
        if self._case is not None:
            self._case.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "testcase" and self._open is not None:
            if self._each is not None:
                self._each(self._open, self._properties, self._skipped, self._failures)
            self._in_order(self._open)
            if self._case is not None:
                self._listen(False)
            self._open = self._case = None
        elif self._case is not None:
            self._end_inside(self._case, tag)

    def _in_order(self, case: dict[str, str]) -> None:
        if len(self.order) + len(self._since) >= MAX_ORDER:
            return
        name = case_address(case.get("classname", ""), case.get("name", ""))
        self._since.append(name[:PROPERTY])
        if self._case is not None:
            self.order += self._since
            self._since = []

    def _end_inside(self, case: Case, tag: str) -> None:
        piece = case.end(tag)
        if piece is None:
            return
        self._by_pytest = case.by_pytest
        told = Told(case.address, finished(piece, None))
        self._failures += (told,) if len(self._failures) < MAX_PROBLEMS else ()
        if len(self.told) < MAX_FAILURES:
            self.told.append(told)
        else:
            self.dropped += 1

    def _listen(self, wanted: bool) -> None:
        """Texts are asked for inside of a problem alone: of a million cases most have none."""
        if self._parser is not None:
            self._parser.CharacterDataHandler = self._text if wanted else None

    def _text(self, text: str) -> None:
        if self._case is not None:
            self._case.text(text)
