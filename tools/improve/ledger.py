"""``ledger.jsonl`` of a run: one line an answer of a paid model, on disk before the next is asked for.

The limits and the report count with it, over all sessions of the run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import ValidationError

from improve import rundir
from improve.records.reading import read
from improve.records.usage import Spending

NAME = "ledger.jsonl"
ANEW = "made anew since: "


def append(run: Path, spending: Spending) -> None:
    """Add one line; it is on disk when this returns."""
    with (run / NAME).open("ab+") as stream:
        end = stream.seek(0, os.SEEK_END)
        if end and os.pread(stream.fileno(), 1, end - 1) != b"\n":
            stream.write(b"\n")  # a crash cut the last line; this one must not be glued to it
        stream.write(spending.model_dump_json().encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def spendings(run: Path) -> list[Spending]:
    """All lines, oldest first. One that a crash cut short is left out: it was never answered for."""
    try:
        lines = (run / NAME).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(read(Spending, line)[0])
        except ValidationError:
            continue
    return found


def set_aside(run: Path, purposes: tuple[str, ...]) -> None:
    """What these purposes (their beginnings) used counts on, but no longer as theirs.

    For attempts that are made anew: they are neither taken for interrupted ones nor charged with it.
    """
    entries = spendings(run)
    if not entries:
        return
    place = run / NAME
    told = (_renamed(line, purposes) for line in place.read_bytes().splitlines())
    rundir.write_whole(place, b"".join(line + b"\n" for line in told if line))


def _renamed(line: bytes, purposes: tuple[str, ...]) -> bytes:
    # As JSON, not as a record: what a newer release wrote beside it is not lost.
    try:
        purpose = read(Spending, line)[0].purpose
    except ValidationError:
        return b""
    if not purpose.startswith(purposes) or purpose.startswith(ANEW):
        return line
    return json.dumps({**json.loads(line), "purpose": ANEW + purpose}).encode()
