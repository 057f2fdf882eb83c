"""A known secret that was taken apart is found, and stays found where it is put into a text."""

from __future__ import annotations

import base64
import random
import textwrap
from collections.abc import Callable, Iterator

import pytest
from tests.support.secrets import A36

from improve.redaction import leaked, redact, remember, secrets_of, why_not_kept

WORLD = {"DEPLOY_TOKEN": A36, "DB_PASSWORD": "developmentdatabase"}
# Those that are found to their last sign, and those of which a rest of the coding may stay.
WHOLE: dict[str, Callable[[str], str]] = {
    "spaced out": " ".join,
    "eight a line": lambda s: "\n".join(textwrap.wrap(s, 8)),
    "a list of signs": lambda s: "', '".join(s),
    "hex, spaced": lambda s: s.encode().hex(" "),
    "hex with colons": lambda s: s.encode().hex(":"),
    "HEX over lines": lambda s: s.encode().hex(" ").upper().replace(" ", "\n"),
    "escapes": lambda s: "".join(f"\\x{ord(one):02x}" for one in s),
    "escapes of JSON": lambda s: "".join(f"\\u{ord(one):04x}" for one in s),
    "every other one an escape": lambda s: "".join(
        one if at % 2 else f"\\x{ord(one):02x}" for at, one in enumerate(s)
    ),
}
CODED: dict[str, Callable[[str], str]] = {
    "base64 twice": lambda s: base64.b64encode(base64.b64encode(s.encode())).decode(),
    "base64 twice, of a line": lambda s: base64.b64encode(base64.b64encode(f"{s}\n".encode())).decode(),
    **{f"base32, {n} further": lambda s, n=n: base64.b32encode(b"v" * n + s.encode()).decode() for n in range(5)},
    "base32 over lines": lambda s: "\n".join(textwrap.wrap(base64.b32encode(s.encode()).decode(), 10)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    remember(WORLD)
    yield
    remember({})


@pytest.mark.parametrize("way", WHOLE)
def test_taken_apart_it_is_gone_and_all_around_it_stays(way: str) -> None:
    told = redact(f"\\x00 got: '{WHOLE[way](A36)}', \\u00e9 there\n")
    assert told == "\\x00 got: '[redacted: DEPLOY_TOKEN]', \\u00e9 there\n"


@pytest.mark.parametrize("way", CODED)
def test_coded_it_is_gone_but_for_a_rest(way: str) -> None:
    told = redact(f"got {CODED[way](A36)} there")
    rest = told.replace("[redacted: DEPLOY_TOKEN]", "").split()
    assert told.count("[redacted: DEPLOY_TOKEN]") == 1 and len("".join(rest)) < 30, told


@pytest.mark.parametrize("way", [*WHOLE, *CODED])
def test_no_diff_with_it_is_kept_or_pushed(way: str) -> None:
    text = {**WHOLE, **CODED}[way](A36)
    lines = "".join(f"+    '{line}'\n" for line in text.split("\n"))
    assert "DEPLOY_TOKEN" in why_not_kept(f"--- a/x\n+++ b/x\n@@ -1 +1,9 @@\n{lines}".encode())
    assert leaked(lines.replace("+", "").encode(), secrets_of(WORLD)) == ["DEPLOY_TOKEN"]


def test_many_secrets_at_many_places() -> None:
    draw = random.Random(4)
    for _ in range(200):
        ways = draw.choices(list(WHOLE.values()), k=3)
        between = [
            " ".join(draw.choices(["x1", "got:", "(1, 2)", "\\x41", "é"], k=4)) for _ in range(4)
        ]
        text = " | ".join(f"{one} | {way(A36)}" for one, way in zip(between, ways, strict=False))
        clean = " | ".join(f"{one} | [redacted: DEPLOY_TOKEN]" for one in between[:3])
        assert redact(text) == clean, text


@pytest.mark.parametrize("way", ["hex, spaced", "escapes"])
def test_where_a_large_text_is_cut_for_reading_nothing_gets_through(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("improve.redaction.disguised._WINDOW", 512)
    monkeypatch.setattr("improve.redaction.disguised._OVERLAP", 256)
    spaced = WHOLE[way](A36)
    for before in range(0, 1030, 3):
        text = ("a line: 1\n" * 103)[:before]
        after = " and so on\n" * 80
        assert redact(f"{text};{spaced}!{after}") == f"{text};[redacted: DEPLOY_TOKEN]!{after}", (
            before
        )


def test_words_and_numbers_that_follow_each_other_are_none() -> None:
    for line in (
        "the development database is down, development:database",
        "12:34:56 61 62 63 64 65 66 67 68 69 6a 6b 6c",
        r"C:\\x64\\users \\x1b[31m \\u001b[0m",
    ):
        assert redact(line) == line
        assert leaked(f"'{line}'".encode(), secrets_of(WORLD)) == []
    assert "development" not in redact("DB is developmentdatabase"), "the control"
