"""Takes secrets out of text: what has the shape of one, and all that is known of this machine's.

On the lowest floor, since every place that writes, prints or sends passes through here. Pure but for
what ``remember`` was told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from improve.redaction.disguised import covered, leaked, names_in, taken_apart
from improve.redaction.known import PIECE, Known
from improve.redaction.named import secrets_of
from improve.redaction.shape import Span, in_characters, shapes

__all__ = [
    "known_values_out",
    "leaked",
    "new_lines",
    "redact",
    "redact_known",
    "redact_values",
    "remember",
    "secrets_of",
    "why_not_kept",
]

_KNOWN = Known({})
_HEAD = b"diff --git "
_MARK = re.compile(rb"\[redacted: [^\]\n]{1,80}\]")


def remember(environ: Mapping[str, str]) -> None:
    """From now on the secrets of these variables are taken out as well, whole, cut or encoded."""
    global _KNOWN  # one process has one environment
    _KNOWN = Known(secrets_of(environ))


def redact(text: str) -> str:
    """The text with every secret replaced by ``[redacted: <kind>]``.

    What is known and what has a shape are both looked for in the text as it came: tokens of one
    account begin alike, and one that has lost its beginning to the other has no shape any more. And
    in what is left of it: beside the letters of the other no shape begins or ends.
    """
    known = _known_in(text)
    found = [*known, *shapes(text)]
    return _marked(text, [*found, *shapes(_blank(text, known))] if known else found)


def redact_known(text: str) -> str:
    """The text without the values that are known; what only looks like a secret stays."""
    return _marked(text, _known_in(text))


def _marked(text: str, spans: list[Span]) -> str:
    parts, at = [], 0
    for span in _apart(spans):
        parts += [text[at : span.start], f"[redacted: {span.kind}]"]
        at = span.end
    return "".join([*parts, text[at:]]) if parts else text


def _known_in(text: str) -> list[Span]:
    """Where values that are known stand, whole, in part, encoded or taken apart."""
    if not _KNOWN or 4 * len(text) < PIECE:
        return []
    data = text.encode("utf-8", "surrogatepass")
    whole = _KNOWN.spans(data)
    apart = [one for one in taken_apart(_KNOWN, data) if not covered(data, one, whole)]
    return in_characters(data, [*whole, *apart])


def _blank(text: str, spans: list[Span]) -> str:
    """Of the same length, with a sign in place of them that is a part of no secret."""
    parts, at = [], 0
    for span in _apart(spans):
        parts += [text[at : span.start], "\0" * (span.end - span.start)]
        at = span.end
    return "".join([*parts, text[at:]])


def redact_values(value: Any, of_text: Callable[[str], str] = redact) -> Any:
    """A JSON-like value, each text in it redacted by itself, so that it stays JSON."""
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, dict):
        return {of_text(str(key)): redact_values(item, of_text) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_values(item, of_text) for item in value]
    return value


def known_values_out(text: str) -> str:
    """JSON, indented by two, without the values that are known; untouched where there are none."""
    if redact_known(text) == text:
        return text
    return json.dumps(redact_values(json.loads(text), redact_known), indent=2, ensure_ascii=False)


def new_lines(patch: bytes) -> bytes:
    """What a diff adds, without what it only moves. File names count: a line may look like one, and
    of a new file that is empty there is no line."""
    lines = patch.split(b"\n")
    old = {one[1:].strip() for one in lines if one[:1] in (b"-", b" ")}
    added = (one[1:] for one in lines if one[:1] == b"+")
    names = (
        head.removeprefix(_HEAD)
        for head, mode in pairwise(lines)
        if head.startswith(_HEAD) and mode.startswith(b"new file mode ")
    )
    return b"\n".join([*(one for one in added if one.strip() not in old), *names])


def why_not_kept(patch: bytes) -> str:
    """Why a diff is not even kept: it adds a secret, or destroys one. '' when it does neither."""
    added = new_lines(patch)
    if named := names_in(_KNOWN, added):
        return f"it adds the value of {named[0]}, or a piece of it"
    found = shapes(added.decode("utf-8", "replace"))
    if found:
        return f"it adds what looks like a secret ({found[0].kind})"
    mark = _written_over(patch)
    return f"it writes {mark!r} where the file holds what that mark hides" if mark else ""


def _written_over(patch: bytes) -> str:
    """The mark that a diff puts in the place of a secret, which its author saw as that mark."""
    lines = patch.split(b"\n")
    marks = {mark for line in lines if line[:1] == b"+" for mark in _MARK.findall(line)}
    if not marks:
        return ""
    old = b"\n".join(line[1:] for line in lines if line[:1] == b"-")
    hidden = set(_MARK.findall(redact(old.decode("utf-8", "replace")).encode()))
    written = sorted(marks & hidden - set(_MARK.findall(old)))
    return written[0].decode("utf-8", "replace") if written else ""


def _apart(spans: list[Span]) -> list[Span]:
    """In the order of the text; those that overlap are one, of the kind whose rule comes first."""
    rank = {kind: -number for number, kind in enumerate(one.kind for one in reversed(spans))}
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            last = found.pop()
            kind = min(last.kind, span.kind, key=lambda one: rank[one])
            span = Span(last.start, max(last.end, span.end), kind)
        found.append(span)
    return found
