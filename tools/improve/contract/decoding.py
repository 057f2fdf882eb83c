"""Bytes -> JSON value, stricter than the standard parser and with errors that say the cure.

The standard parser takes NaN, keeps the last of two equal keys, and ends in RecursionError or
ValueError for deep nesting and long numbers; all of these are told here as RequestError. Pure.
"""

from __future__ import annotations

import codecs
import json
import math
from typing import NoReturn

from improve.contract.syntax import position, syntax_hint
from improve.errors import RequestError
from improve.records.problem import short

MAX_DEPTH = 16
MAX_DIGITS = 40

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class _RefusedError(ValueError):
    """Raised inside the parser's hooks; ``literal`` is searched for to tell the line."""

    def __init__(self, what: str, literal: str, cure: str) -> None:
        super().__init__(what)
        self.what, self.literal, self.cure = what, literal, cure


def decode_json(data: bytes, shown: str = "info.json") -> object:
    """The JSON value of ``data``; raises RequestError that names ``shown`` and the place."""
    return parse_json(decode_text(data, shown), shown)


def decode_text(data: bytes, shown: str) -> str:
    """Text of UTF-8 ``data``, with or without byte order mark."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            raise _wrong_encoding(shown, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error, shown) from None
    if "\0" in text:
        guess = json.detect_encoding(data)
        if guess.startswith(("utf-16", "utf-32")):
            raise _wrong_encoding(shown, guess[:6].upper())
        raise RequestError(
            f"{shown}: line {position(text, text.index(chr(0)))}: holds a NUL byte",
            "this is not a text file; write the request with a text editor",
        )
    if not text.strip():
        raise RequestError(
            f"{shown}: is empty",
            'write at least "deterministic", "prompt" and one of "url", "raw-logs", '
            '"existing-test-path"',
        )
    return text


def parse_json(text: str, shown: str) -> object:
    """The JSON value of ``text``: no duplicate keys, no NaN, no bombs."""
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_int=_small_int,
            parse_float=_finite_float,
        )
    except _RefusedError as refused:
        line = position(text, max(text.rfind(refused.literal), 0))
        raise RequestError(f"{shown}: line {line}: {refused.what}", refused.cure) from None
    except json.JSONDecodeError as error:
        message, cure = syntax_hint(text, error)
        place = position(text, error.pos)
        raise RequestError(f"{shown}: line {place}: not JSON: {message}", cure) from None
    except RecursionError:
        raise _too_deep(shown) from None
    if depth_over(value, MAX_DEPTH):
        raise _too_deep(shown)
    return value


def depth_over(value: object, limit: int) -> bool:
    """Whether lists and objects are nested deeper than ``limit``; itself without recursion."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, (dict, list)):
            if depth >= limit:
                return True
            inner = item.values() if isinstance(item, dict) else item
            pending.extend((child, depth + 1) for child in inner)
    return False


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for key, value in pairs:
        if key in seen:
            raise _RefusedError(
                f"the key {short(key)} is there twice",
                json.dumps(key, ensure_ascii=False),
                "keep one of the two: which one counts would be left to chance",
            )
        seen[key] = value
    return seen


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not JSON", name, "write a plain number, or leave the key out")


def _small_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        what = f"a number with {len(digits)} digits"
        raise _RefusedError(what, digits, "no key takes such a number; write a plain one")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits) if len(digits) <= 4 * MAX_DIGITS else math.inf
    if math.isinf(value):
        raise _RefusedError(
            "a number too large or too long to hold", digits, "write a plain number"
        )
    return value


def _too_deep(shown: str) -> RequestError:
    return RequestError(
        f"{shown}: lists and objects are nested deeper than {MAX_DEPTH} levels",
        "a request is one flat object; only 'limits' holds another one",
    )


def _wrong_encoding(shown: str, name: str) -> RequestError:
    return RequestError(
        f"{shown}: is encoded in {name}; allowed: UTF-8",
        "save it as UTF-8 (PowerShell: Set-Content -Encoding utf8; "
        f"elsewhere: iconv -f {name} -t UTF-8)",
    )


def _not_utf8(data: bytes, error: UnicodeDecodeError, shown: str) -> RequestError:
    before = data[: error.start].decode("utf-8-sig", errors="replace")
    byte = data[error.start]
    return RequestError(
        f"{shown}: line {position(before, len(before))}: byte 0x{byte:02x} is not UTF-8; "
        "this looks like Latin-1 (Windows-1252)",
        "save it as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8)",
    )
