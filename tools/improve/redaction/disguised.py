"""Known secrets that somebody took apart: spaced out, over lines, or spelled in escapes. Pure.

The text is read once more without the signs that stand between, and with its escapes read; what is
found there is told by its place in the text itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from improve.redaction.known import Known

_BETWEEN = b" \t\r\n:,\"'\\"
_ESCAPE = re.compile(rb"\\(?:x|u00)([0-9A-Fa-f]{2})")
_BROKEN = re.compile(rb"[\s\"'+\\,]+")  # in code a text may also be a sum of its parts
_WINDOW, _OVERLAP = 1 << 20, 1 << 13  # bytes: what is found is told apart byte by byte
Place = tuple[int, int, str]


def taken_apart(known: Known, data: bytes) -> list[Place]:
    """Start, end and name of all that is a piece of a secret taken apart, in order, not overlapping."""
    places = (
        (at + start, at + end, name)
        for at in range(0, len(data), _WINDOW)
        for window in (data[at : at + _WINDOW + _OVERLAP],)
        for start, end, name in (*_joined(known, window), *_unescaped(known, window))
    )
    found: list[Place] = []
    for start, end, name in sorted(places):
        if found and start < found[-1][1]:
            start, before, name = found.pop()
            end = max(end, before)
        found.append((start, end, name))
    return found


def covered(data: bytes, place: Place, whole: Sequence[Place]) -> bool:
    """Whether, but for signs that stand between, it is places in ``whole``: those are told one by one."""
    at, end = place[0], place[1]
    for number in range(bisect_left(whole, at, key=lambda one: one[1]), len(whole)):
        start, stop, _ = whole[number]
        if start >= end or data[at:start].strip(_BETWEEN):
            break
        at = max(at, stop)
    return at >= end or not data[at:end].strip(_BETWEEN)


def names_in(known: Known, data: bytes) -> list[str]:
    """The names of the secrets of which ``data`` holds a piece, in any form, also over lines."""
    if not known:
        return []
    summed = _BROKEN.sub(b"", data)
    found = (*known.spans(data), *_no_words(known.spans(summed), summed), *taken_apart(known, data))
    return sorted({name for _, _, name in found})


def leaked(data: bytes, secrets: Mapping[str, bytes]) -> list[str]:
    """The same for secrets that only this call knows."""
    return names_in(Known(secrets), data)


def _joined(known: Known, data: bytes) -> Iterator[Place]:
    joined = data.translate(None, _BETWEEN)
    if hits := _no_words(known.spans(joined, quick=True), joined):
        kept = [at for at, sign in enumerate(data) if sign not in _BETWEEN]
        yield from ((kept[start], kept[end - 1] + 1, name) for start, end, name in hits)


def _no_words(hits: list[Place], joined: bytes) -> list[Place]:
    """Words of a text that follow each other may well be somebody's password of letters alone."""
    return [one for one in hits if not joined[one[0] : one[1]].isalpha()]


def _unescaped(known: Known, data: bytes) -> Iterator[Place]:
    if b"\\x" not in data and b"\\u00" not in data:
        return
    read = _ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()), data)
    hits = known.spans(read)
    if hits:
        starts, at = [], 0
        for one in _ESCAPE.finditer(data):
            starts += [*range(at, one.start()), one.start()]
            at = one.end()
        starts += range(at, len(data) + 1)
        yield from ((starts[start], starts[end], name) for start, end, name in hits)
