"""What the next session of a run meets, as one digest: two sessions that meet the same do the same.

A matrix has hundreds of cells, and most leave one of few states behind: each state is resumed once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.stages import CHANGING, ENVIRONMENTS, Stages

# Of these the next session reads that they are there: who held a lock, what a report said, how long
# programs took, and a workbench's and a scratch folder's files, which it removes first.
BY_NAME = ("commands.jsonl", "lock", ".md", ".html", ".log", "report.json", "report.json.before")
REMOVED = ("cache/workbenches/", "cache/locks/", "tmp/")
SECONDS = re.compile(rb"[0-9]+\.[0-9]+")
TIMES = ("time", "seconds", "process", "error")  # of an event in the journal


def footprint(stages: Stages) -> str:
    """Digest of all that changes in a run, but for times, process ids and words for people."""
    runs = [run.name for run in stages.kit.runs()]
    told = hashlib.sha256()
    for place in _places(stages):
        name = str(place.relative_to(stages.place))
        for number, run in enumerate(runs):
            name = re.sub(rf"{re.escape(run)}(?:-[0-9a-f]{{8}}\b)?", f"run-{number}", name)
        told.update(f"{name}\0{place.lstat().st_mode}\0".encode())
        told.update(_content(name, place))
    return told.hexdigest()


def _places(stages: Stages) -> Iterator[Path]:
    for part in (*CHANGING, "tmp"):
        yield from sorted((stages.place / part).rglob("*"))
    yield from sorted((stages.place / ENVIRONMENTS).glob("*/*"))


def _content(name: str, place: Path) -> bytes:
    if place.is_symlink():
        return str(place.readlink()).encode()
    if not place.is_file() or name.startswith((*REMOVED, ENVIRONMENTS)):
        return b""
    if "/.git/logs/" in name or (name.endswith(BY_NAME) and "pull-request" not in name):
        return b""
    content = place.read_bytes()
    if name.endswith("journal.jsonl"):
        return _events(content)
    return SECONDS.sub(b"0.0", content) if name.endswith(".json") else content


def _events(journal: bytes) -> bytes:
    told = []
    for line in journal.splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # cut by a crash
            told.append(repr(line[:20]))
            continue
        told.append(repr({key: event[key] for key in event if key not in TIMES}))
    return "\n".join(told).encode()
