"""No JUnit file, however it was made, crashes the reader, fills the memory or takes long."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from improve.evidence import parse_junit, signature
from improve.evidence.merge import merge
from improve.evidence.parse_junit import JunitResults, read_junit

FILES = Path(__file__).parents[1] / "resources" / "junit"
RECORDED = [
    path.read_bytes() for path in sorted(FILES.glob("*.xml")) if path.stat().st_size < 20_000
]
CASE = (
    b'<testcase classname="a.test_a" name="test_x"><failure message="ValueError: no"/></testcase>'
)
MEGABYTE = b"x" * (1 << 20)

LAUGHS = (
    b'<!DOCTYPE testsuite [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]><testsuite><testcase><failure>&m;</failure></testcase></testsuite>"
)
OUTSIDE = (
    b'<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<testsuite name="&a;"><testcase><failure>&a;</failure></testcase></testsuite>'
)


def measured(chunks: Iterable[bytes]) -> tuple[JunitResults, float, int]:
    """The results, the seconds and the megabytes at the peak."""
    tracemalloc.start()
    began = time.process_time()
    try:
        results = read_junit(chunks)
        return results, time.process_time() - began, tracemalloc.get_traced_memory()[1] >> 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "file",
    [LAUGHS, OUTSIDE, b"<!DOCTYPE testsuite SYSTEM 'a.dtd'><testsuite/>"],
    ids=["laughs", "outside", "system"],
)
def test_document_types_are_refused_before_any_entity_is_declared(file: bytes) -> None:
    results, seconds, megabytes = measured([file])
    assert (results.known, results.told) == (True, ())
    assert results.notes == ("it declares a document type; what stood before was read",)
    assert (seconds < 1, megabytes < 2) == (True, True)


def long(head: bytes, tail: bytes) -> Iterator[bytes]:
    """A case that counts, then 100 MB between ``head`` and ``tail``, then another case."""
    yield b"<testsuite>" + CASE + head
    for _ in range(100):
        yield MEGABYTE
    yield tail + CASE + b"</testsuite>"


@pytest.mark.parametrize(
    ("head", "tail"),
    [(b'<testcase name="', b'"/>'), (b"<!--", b"-->"), (b"<?x ", b"?>"), (b"<", b"/>")],
    ids=["attribute", "comment", "instruction", "name"],
)
def test_a_tag_of_100_megabytes_ends_the_reading(head: bytes, tail: bytes) -> None:
    results, seconds, megabytes = measured(long(head, tail))
    assert [one.failure.message for one in results.told] == ["no"]
    assert results.notes == ("one tag or comment is longer than 4 MB; what stood before was read",)
    assert megabytes < 40, f"{megabytes} MB"
    assert seconds < 5, f"{seconds} s"


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"<testcase><failure>", b"</failure></testcase>"),
        (b"<system-out><![CDATA[", b"]]></system-out>"),
    ],
    ids=["failure", "output"],
)
def test_a_text_of_100_megabytes_is_read_in_flat_memory(head: bytes, tail: bytes) -> None:
    results, seconds, megabytes = measured(long(head, tail))
    assert (results.tests >= 2, results.notes) == (True, ())
    assert results.told[-1].failure.message == "no", "what stood after it is lost"
    assert megabytes < 8, f"{megabytes} MB"
    assert seconds < 10, f"{seconds} s"


def test_deep_nesting_ends_the_reading() -> None:
    file = b"<testsuite>" + CASE + b"<a>" * 100_000
    results, seconds, megabytes = measured([file])
    assert len(results.told) == 1
    assert results.notes == (
        "its elements are nested more than 100 deep; what stood before was read",
    )
    assert (seconds < 1, megabytes < 4) == (True, True)


def test_elements_without_end_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_junit, "MAX_ELEMENTS", 1000)
    results = read_junit([b"<testsuite>", CASE * 2000])
    assert len(results.told) == 499
    assert results.notes == ("it has more than 1,000 elements; what stood before was read",)


def test_failures_without_end_are_counted_and_not_kept() -> None:
    results = read_junit([b"<testsuite>", *[CASE] * 2100, b"</testsuite>"])
    assert (results.tests, len(results.told)) == (2100, 2000)
    assert results.notes == ("100 failures more than the 2000 kept were only counted",)


@pytest.mark.parametrize(
    ("file", "note"),
    [
        (b'<?xml version="1.0" encoding="x-nope"?><testsuite/>', "its encoding is not known"),
        (b'<?xml version="1.0" encoding="shift_jis"?><testsuite/>', "its encoding is not known"),
        (b"<testsuite>" + CASE + b"<a>\xff\xfe</a></testsuite>", "not well-formed (invalid token)"),
        (b"<testsuite>" + CASE + b"&undeclared;</testsuite>", "undefined entity"),
        (b"<testsuite>" + CASE + b"<a b='1' b='2'/></testsuite>", "duplicate attribute"),
        (b"<testsuite>" + CASE + b"<testca", "unclosed token"),
        (b"<testsuite>" + CASE + b"\x00</testsuite>", "not well-formed (invalid token)"),
    ],
)
def test_what_is_wrong_is_a_note_and_what_stood_before_is_kept(file: bytes, note: str) -> None:
    results = read_junit([file])
    assert len(results.notes) == 1 and note in results.notes[0], results.notes
    assert len(results.told) == (1 if CASE in file else 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?><testsuite>' + CASE.decode().replace(
        "no", "nö"
    )
    results = read_junit([(text + "</testsuite>").encode(encoding)])
    assert [one.failure.message for one in results.told] == ["nö"]


PIECES = st.binary(max_size=30) | st.sampled_from(
    [
        b"<failure>", b"</failure>", b"<testcase>", b'<testcase name="a" classname="b.c">', b"</testcase>",
        b"<error message='failed on setup with \"x'>", b"</error>", b"<![CDATA[", b"]]>", b"&#0;", b"&amp;",
        b"<testsuite>", b"</testsuite>", b"E   \n", b"Traceback (most recent call last):\n", b"\n", b"\r",
        b"<!DOCTYPE a>", b"#x1B[", b"&#x1b;", b"&#55357;", b"<?xml version='1.1'?>", b"\xef\xbb\xbf",
    ]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A recorded file with pieces cut out, doubled or put in, or cut off at the end."""
    file = draw(st.sampled_from(RECORDED))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(file)))
        end = start + draw(st.integers(0, 300))
        change = draw(st.sampled_from(["cut", "double", "put", "put", "end"]))
        if change == "cut":
            file = file[:start] + file[end:]
        elif change == "double":
            file = file[:end] + file[start:end] + file[end:]
        elif change == "put":
            file = file[:start] + draw(PIECES) + file[start:]
        else:
            file = file[:start]
    return file


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    mutated() | st.lists(PIECES, max_size=30).map(lambda parts: b"<testsuite>" + b"".join(parts))
)
def test_wild_files_are_read_or_noted(file: bytes) -> None:
    results = read_junit([file[:7], file[7:]])
    found = merge((), results.told, "job").failures
    for failure in found:
        assert "\n" not in failure.message and "\x1b" not in failure.model_dump_json()
        assert len(failure.excerpt.encode()) <= 4096
        assert failure.signature == signature(failure)
    assert merge(found, results.told).added == 0, "the same file told its failures twice"
