"""``journal.jsonl``: what happened, appended and flushed line by line.

Where a run stands is derived from it and from the artifacts; nothing else is stored. A line that
a crash cut in two is skipped on reading, never repaired.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from improve.redaction import redact_values
from improve.visible import in_json

NAME = "journal.jsonl"


def append(run: Path, event: str, **fields: object) -> None:
    """Add one event with the time in UTC."""
    stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    told = redact_values(fields)
    line = in_json(json.dumps({"time": stamp, "event": event, **told}, default=str)) + "\n"
    with (run / NAME).open("ab+") as stream:
        end = stream.seek(0, os.SEEK_END)
        if end and os.pread(stream.fileno(), 1, end - 1) != b"\n":
            stream.write(b"\n")  # a crash cut the last line; this one must not be glued to it
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())


def events(run: Path) -> Iterator[dict[str, object]]:
    """All whole events, oldest first."""
    try:
        lines = (run / NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def session_seconds(run: Path) -> float:
    """Seconds since the current session of this run began; 0 when none was journalled."""
    begun = 0.0
    for event in events(run):
        if event.get("event") == "session":
            with contextlib.suppress(ValueError, OverflowError):  # a time that was harmed
                begun = datetime.fromisoformat(str(event.get("time"))).timestamp()
    return max(0.0, time.time() - begun) if begun else 0.0


def active_seconds(run: Path) -> float:
    """Seconds that phases of this run have taken, over all its sessions."""
    total = 0.0
    for event in events(run):
        seconds = event.get("seconds")
        if event.get("event") in ("done", "failed") and isinstance(seconds, (int, float)):
            total += seconds
    return total
