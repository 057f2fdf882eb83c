"""What the cleaner lets through, and what it never lets through."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence.clean import CAP, clean_line, clean_text, decode, undress

HOSTILE = {
    "colour": ("a\x1b[1;31mb\x1b[0mc", "abc"),
    "8-bit CSI": ("a\x9b31mb", "ab"),
    "escape that lost its first byte": ("a\ufffd[36;1mb", "ab"),
    "title": ("\x1b]0;evil title\x07text", "text"),
    "link": ("\x1b]8;;https://x.example\x1b\\text\x1b]8;;\x1b\\", "text"),
    "unterminated title": ("text\x1b]0;rest of it", "text"),
    "device string": ("a\x1bPq#0;1\x1b\\b", "ab"),
    "cursor": ("a\x1b[2J\x1b[Hb\x1bcd", "abd"),
    "bell and backspace": ("a\x07\x08b", "ab"),
    "bidi override": ("user\u202exet\u202c.py", "userxet.py"),
    "bidi isolate": ("a\u2066b\u2069", "ab"),
    "zero width": ("to\u200bken\u2060s\ufeff", "tokens"),
    "tag characters": ("hi\U000e0041\U000e007f", "hi"),
    "variation selectors": ("hi\U000e0101\U000e01ef", "hi"),
    "lone surrogate": ("a\udcffb", "ab"),
    "NUL": ("a\x00b", "ab"),
    "line separator": ("a\u2028b", "a b"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_could_deceive_a_reader_is_gone(name: str) -> None:
    dirty, clean = HOSTILE[name]
    assert clean_line(dirty) == clean


@pytest.mark.parametrize("text", ["naïve ☃ 日本語", "tab\there", "100 % [a] <b> & 'c'", "👍🏽 ok"])
def test_honest_text_stays(text: str) -> None:
    assert clean_line(text) == text


DRESSED = {
    "stamp": ("2026-01-02T03:04:05.1234567Z text", ("text", "", None)),
    "mark at the start of a file": ("\ufeff2026-01-02T03:04:05.1234567Z text", ("text", "", None)),
    "indented": ("2026-01-02T03:04:05.1234567Z     text", ("    text", "", None)),
    "empty": ("2026-01-02T03:04:05.1234567Z ", ("", "", None)),
    "group": ("2026-01-02T03:04:05.1234567Z ##[group]Run pytest", ("Run pytest", "group", None)),
    "endgroup": ("##[endgroup]", ("", "endgroup", None)),
    "error": ("##[error]Process completed", ("Process completed", "error", None)),
    "command": ("[command]/usr/bin/git version", ("/usr/bin/git version", "command", None)),
    "workflow command": ("::error file=a.py,line=3::text", ("text", "error", None)),
    "job": ("test (3.11)\tRun it\t2026-01-02T03:04:05.1234567Z text", ("text", "", "test (3.11)")),
    "job with a mark": ("b\tUNKNOWN STEP\t\ufeff2026-01-02T03:04:05.12345Z a", ("a", "", "b")),
    "tabs of the text's own": ("a\tb\tc", ("a\tb\tc", "", None)),
    "a date of the text's own": ("2026-01-02 started", ("2026-01-02 started", "", None)),
}


@pytest.mark.parametrize("name", sorted(DRESSED))
def test_the_dress_of_github(name: str) -> None:
    raw, expected = DRESSED[name]
    assert tuple(undress(raw)) == expected


def test_of_a_progress_bar_the_last_state_stays() -> None:
    assert clean_line(" 10%\r 50%\r100% done\r\n") == "100% done"
    assert clean_text("a\r\nb\r  \nc") == "a\nb\nc"


def test_bytes_of_any_encoding() -> None:
    assert decode("naïve".encode("latin-1")) == "na\ufffdve"
    assert decode(b"\xff\xfe\x00") == "\ufffd\ufffd\x00"


def test_the_word_at_the_cut_goes() -> None:
    # Half of a token would no longer be known as a secret.
    line = "word " * 817 + "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    assert decode(line.encode()).endswith("word")
    assert len(decode(b"x" * 10_000)) == CAP


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_nothing_unprintable_is_left_but_tabs(text: str) -> None:
    for char in clean_line(text):
        category = unicodedata.category(char)
        assert char == "\t" or category not in ("Cc", "Cs"), f"U+{ord(char):04X}"
    assert "\x1b" not in clean_line(text)


@given(st.text(alphabet="\x1b[]0;m\x07\x9b2026-T:.Z #group\tab\r", max_size=200))
def test_cleaning_twice_changes_no_escapes(text: str) -> None:
    assert all(c == "\t" or c.isprintable() for c in clean_line(text))
