"""Environments kept by content: key, lock, completeness, age.

A virtual environment cannot be moved (its scripts name their interpreter), so it is built where
it stays, and counts only once ``complete.json`` was written, which is the last step. A build that
was killed leaves no marker and is thrown away by the next one, which holds the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from improve.errors import ImproveError
from improve.records import TargetEnvironment
from improve.workbench.bench import remove

FORMAT = 2  # rises when the same declarations lead to other environments
MARKER = "complete.json"
KEPT = 10
DAYS = 30
IN_USE_SECONDS = 2 * 3600.0  # longer than any run: what was taken out so lately may be in use
AT_ONCE = 2  # removing one takes seconds; a build brings one, so two each time keep up


def content_key(parts: Mapping[str, str | Sequence[str] | Mapping[str, str]]) -> str:
    """Key of an environment: the same for the same ``parts``, on any machine at the same path."""
    text = json.dumps({"format": FORMAT, **parts}, sort_keys=True, default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def load(place: Path) -> TargetEnvironment | None:
    """The complete environment at ``place``, marked as just used; None when there is none."""
    marker = place / MARKER
    try:
        found = TargetEnvironment.model_validate_json(marker.read_bytes())
        os.utime(marker)
    except (OSError, ValidationError):
        return None
    return found if Path(found.python).exists() else None


def save(place: Path, environment: TargetEnvironment) -> None:
    """Write the marker: from here on the environment counts."""
    draft = place / (MARKER + ".part")
    draft.write_text(environment.model_dump_json(indent=1) + "\n", "utf-8")
    draft.replace(place / MARKER)


@contextlib.contextmanager
def locked(place: Path, seconds: float, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of ``place``; it is released with the process, however that ends.

    Raises: ImproveError when another run holds it for longer than ``seconds``.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    with (place.parent / (place.name + ".lock")).open("w") as handle:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > until:
                    raise ImproveError(
                        f"Another run is still building the environment {place}.",
                        "Wait for it to end, then run again: the environment will be there.",
                    ) from None
                if not told:
                    progress("waiting for another run that builds the same environment")
                told = True
                time.sleep(0.2)
        yield


def prune(folder: Path, keep: Path, now: float | None = None) -> int:
    """Remove environments unused for 30 days, and the oldest beyond ten; how many went.

    One that is being built (its lock is held), ``keep`` and those of the last two hours stay; at
    most two go at a time.
    """
    today = time.time() if now is None else now
    aged = sorted(((_used(p), p) for p in folder.iterdir() if p.is_dir()), reverse=True)
    gone = 0
    for number, (used, place) in enumerate(aged):
        age = today - used
        stays = age < IN_USE_SECONDS or (number < KEPT and age < DAYS * 86400)
        if place == keep or stays or gone == AT_ONCE:
            continue
        with contextlib.suppress(ImproveError), locked(place, 0, lambda _: None):
            remove(place)
            gone += 1
    return gone


def _used(place: Path) -> float:
    for path in (place / MARKER, place):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0
