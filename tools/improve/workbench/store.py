"""Environments kept by content: key, lock, completeness.

A virtual environment cannot be moved (its scripts name their interpreter), so it is built where
it stays, and counts only once ``complete.json`` was written, which is the last step. A build that
was killed leaves no marker and is thrown away by the next one, which holds the lock.

``<key>.lock`` is shared by all phases that use the environment and held alone by who builds or
removes it: so none goes while somebody's tests run in it, however long they take.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from improve.errors import ImproveError
from improve.records import TargetEnvironment
from improve.workbench import claims

FORMAT = 2  # rises when the same declarations lead to other environments
MARKER = "complete.json"
KEY = re.compile(r"[0-9a-f]{20}")  # what lies beside those under another name is not ours


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
def turn(
    place: Path, seconds: float, progress: Callable[[str], None]
) -> Iterator[TargetEnvironment | None]:
    """The complete environment at ``place``, which stays until the block ends; None: it is ours to
    build, and nobody else looks at it until then.

    Raises: ImproveError when another run holds it for longer than ``seconds``.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    with claims.opened(lock_of(place)) as handle:
        told = False
        while True:
            if claims.taken(handle, fcntl.LOCK_SH) and (found := load(place)):
                yield found
                return
            if claims.taken(handle, fcntl.LOCK_EX):
                yield load(place)  # it may have been finished between the two looks
                return
            if time.monotonic() > until:
                raise ImproveError(
                    f"Another run is still building the environment {place}.",
                    "Wait for it to end, then run again: the environment will be there.",
                )
            if not told:
                progress("waiting for another run that builds the same environment")
            told = True
            time.sleep(0.2)


@contextlib.contextmanager
def using(environment: TargetEnvironment | None) -> Iterator[None]:
    """Nobody removes the environment until the block ends; one that was found is nobody's to remove.

    Raises: ImproveError when it is gone already.
    """
    place = _place(environment) if environment else None
    if environment is None or place is None:
        yield
        return
    with contextlib.ExitStack() as held:
        if place.parent.is_dir():
            held.enter_context(claims.together(lock_of(place)))
        if not Path(environment.python).exists():
            raise ImproveError(
                f"The environment {place} is not there any more.",
                "Make it again: ./run.sh --resume --from reproduce",
            )
        _touch(place)
        yield
        _touch(place)  # so that it is not taken for an old one before the next phase begins


def lock_of(place: Path) -> Path:
    """The lock file of an environment, which outlives it."""
    return place.parent / (place.name + ".lock")


def downloads_lock(cache: Path) -> Path:
    """The lock file of what installers downloaded; every build shares it."""
    return cache / "downloads.lock"


def downloads(cache: Path, whose: str) -> Path:
    """What installers fetch for ``whose``, a repository or the key of an environment that is for
    all: no build for another one reads or writes it.

    A build is the target's code, and may leave a wheel under the name of any package: in a folder
    that all share, the next environment of another repository would be made of it.
    """
    key = hashlib.sha256(whose.encode("utf-8", "surrogateescape")).hexdigest()
    return cache / "installers" / key[:20]


def used(place: Path) -> float:
    """When it was last taken out, in seconds since the epoch."""
    for path in (place / MARKER, place):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _place(environment: TargetEnvironment) -> Path | None:
    above = Path(environment.python).parents
    return next((one for one in above if environment.key and one.name == environment.key), None)


def _touch(place: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(place / MARKER)
