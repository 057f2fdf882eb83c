"""Takes secrets out of text: what has the shape of one, and all that is known of this machine's.

On the lowest floor, since every place that writes, prints or sends passes through here. Pure but for
what ``remember`` was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from improve.redaction.known import Known, leaked, secrets_of
from improve.redaction.shape import Span, shapes

__all__ = ["leaked", "redact", "redact_known", "redact_values", "remember", "secrets_of"]

_KNOWN = Known({})


def remember(environ: Mapping[str, str]) -> None:
    """From now on the secrets of these variables are taken out as well, whole, cut or encoded."""
    global _KNOWN  # one process has one environment
    _KNOWN = Known(secrets_of(environ))


def redact(text: str) -> str:
    """The text with every secret replaced by ``[redacted: <kind>]``."""
    text = redact_known(text)
    parts, at = [], 0
    for span in _apart(shapes(text)):
        parts += [text[at : span.start], f"[redacted: {span.kind}]"]
        at = span.end
    return "".join([*parts, text[at:]]) if parts else text


def redact_known(text: str) -> str:
    """The text without the values that are known; what only looks like a secret stays."""
    if not _KNOWN or len(text) < 12:
        return text
    data = text.encode("utf-8", "surrogatepass")
    found = _KNOWN.spans(data)
    if not found:
        return text
    parts, at = [], 0
    for start, end, name in found:
        parts += [data[at:start], f"[redacted: {name}]".encode("utf-8", "replace")]
        at = end
    return b"".join([*parts, data[at:]]).decode("utf-8", "replace")


def redact_values(value: Any) -> Any:
    """A JSON-like value, each text in it redacted by itself, so that it stays JSON."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(key)): redact_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_values(item) for item in value]
    return value


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
