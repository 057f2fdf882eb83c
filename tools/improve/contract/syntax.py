"""What people mean when they write almost-JSON: an explanation and a cure for each mistake."""

from __future__ import annotations

import json

from improve.records.problem import short

_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


def position(text: str, offset: int) -> str:
    """'line:column', both from 1, of ``offset`` in ``text``."""
    start = text.rfind("\n", 0, offset)
    return f"{text.count(chr(10), 0, offset) + 1}:{offset - start}"


def syntax_hint(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """What is wrong at ``error.pos`` of ``text``, and the cure."""
    at = error.pos
    rest = text[at : at + 24]
    if not rest.strip():
        return "it ends too early", "close what was opened: a quote, a ] or the last }"
    return (
        _string_hint(error.msg)
        or _comma_hint(text, at)
        or _word_hint(rest)
        or _place_hint(error.msg, rest)
    )


def _string_hint(message: str) -> tuple[str, str] | None:
    if message.startswith("Unterminated string"):
        return "a text without its closing quote", 'end the text with "'
    if message.startswith("Invalid control character"):
        return (
            "a line break or control character inside a text",
            'write \\n for a line break; better, keep the log in a file: "raw-logs": "ci.log"',
        )
    if message.startswith("Invalid \\"):
        return (
            "a backslash that begins no known escape",
            "write two backslashes for one, or / in paths",
        )
    return None


def _comma_hint(text: str, at: int) -> tuple[str, str] | None:
    # Python 3.13 points at the comma, older versions at the bracket behind it.
    here, before = text[at : at + 1], text[max(0, at - 200) : at].rstrip()
    after = text[at + 1 : at + 200].lstrip()
    trailing = here in ("}", "]") and before.endswith(",")
    if trailing or (here == "," and after[:1] in ("}", "]")):
        bracket = here if trailing else after[:1]
        return f"a comma before the closing {bracket}", "remove that comma"
    return None


def _word_hint(rest: str) -> tuple[str, str] | None:
    first = rest[0]
    if rest.startswith(("//", "/*", "#")):
        return "a comment", "JSON has no comments; remove it"
    if first == "'":
        return "a single quote", 'JSON quotes with double quotes: "..."'
    if first in _QUOTES:
        return f"a typographic quote {first}", 'use the plain double quote: "'
    for word, proper in _WORDS.items():
        if rest.startswith(word):
            return f"the word {word}", f"JSON spells it {proper}"
    return None


def _place_hint(message: str, rest: str) -> tuple[str, str]:
    found = short(rest.split("\n")[0])
    if message.startswith("Extra data"):
        return f"{found} behind the end of the request", "a request is one object: { ... }"
    if message.startswith("Expecting property name"):
        return f"{found} where a key should begin", 'put keys in double quotes: "prompt": ...'
    if message.startswith("Expecting ','"):
        return f"a comma is missing before {found}", "put a comma between the entries"
    if message.startswith("Expecting ':'"):
        return f"a colon is missing before {found}", 'write "key": value'
    return f"{found} where a value should be", "texts stand in double quotes; also: true, false, 23"
