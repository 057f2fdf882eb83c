"""Live progress of many runs, read off their record while they go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from improve.checks import statistics
from improve.checks.pytest_check import parsed
from improve.prompts import percent

BEAT_SECONDS = 10.0  # a CI log keeps every line of it
TAIL_BYTES = 4096
MOST_TOLD = 4999  # more is no plan: the failures or the time end it


@contextmanager
def told(
    record: Path, seconds: float, amplifier: str, runs: int, tell: Callable[[str], None] | None
) -> Iterator[None]:
    """While this lasts, ``tell`` hears now and then how ``runs`` runs in ``seconds`` are going."""
    if tell is None:
        yield
        return
    stop, began = threading.Event(), time.monotonic()

    def watch() -> None:
        while not stop.wait(BEAT_SECONDS):
            beats = [one for one in _last_lines(record) if one["kind"] == "at"]
            if beats:
                failed, done = int(beats[-1]["failures"]), int(beats[-1]["runs"])
                left = max(0.0, seconds - (time.monotonic() - began))
                to_go = f"at most {runs - done} to go" if runs <= MOST_TOLD else ""
                tell(in_words(amplifier, failed, done, to_go, left))

    thread = threading.Thread(target=watch, name="stress-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _last_lines(record: Path) -> list[Mapping[str, Any]]:
    if not record.is_file():
        return []
    with record.open("rb") as stream:
        stream.seek(max(0, record.stat().st_size - TAIL_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return [one for one in map(parsed, lines) if one]


def in_words(amplifier: str, failures: int, runs: int, to_go: str, left: float) -> str:
    """'thread-noise: 3 of 120 runs failed (0.5 % to 7.1 %), at most 880 to go, 41 s left'."""
    low, high = (percent(one) for one in statistics.interval(failures, max(1, runs)))
    counted = f"{amplifier}: {failures} of {runs} runs failed ({low} to {high})"
    return ", ".join(filter(None, (counted, to_go, f"{left:.0f} s left")))
