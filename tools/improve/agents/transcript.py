"""What was said between us and a model, a line of JSON a message, on disk as it comes.

Redacted leaf by leaf, so that a line stays JSON whatever a message holds; readable by its owner
alone. JSON escapes control characters, so that a terminal shows them as text.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from improve.evidence import redact
from improve.evidence.shown import MARGIN

NAME = "transcript.jsonl"
LONGEST = 256 * 1024  # characters of one text; what is beyond is only counted

Write = Callable[[str, Any], None]


@contextmanager
def transcript(scratch: Path, secrets: Sequence[str] = ()) -> Iterator[Write]:
    """``write(kind, value)``: one line ``{"at": seconds, "kind": ..., "message": value}``.

    ``value`` is JSON-like; what is not becomes text. ``secrets`` are values to take out exactly,
    besides all that looks like one. An existing transcript is continued.
    """
    began = time.monotonic()
    known = [secret for secret in secrets if len(secret) >= 8]
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    scratch.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(scratch / NAME, flags, 0o600)

    def write(kind: str, value: Any) -> None:
        at = round(time.monotonic() - began, 3)
        line = json.dumps({"at": at, "kind": kind, "message": _safe(value, known)})
        # One write call a line: a crash cuts off at most the last one.
        os.write(descriptor, line.encode() + b"\n")

    try:
        yield write
    finally:
        os.close(descriptor)


def _safe(value: Any, known: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {str(_safe(str(key), known)): _safe(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_safe(item, known) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    for secret in known:
        text = text.replace(secret, "[redacted: key]")
    cut = len(text) - LONGEST
    return redact(text[: LONGEST + MARGIN])[:LONGEST] + (
        f" [{cut} characters more]" if cut > 0 else ""
    )
