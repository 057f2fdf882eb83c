"""Old environments go by themselves: a build brings one, and takes the oldest ones away."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench import claims
from improve.workbench.folders import remove
from improve.workbench.store import KEY, lock_of, used

KEPT = 10
DAYS = 30
IN_USE_SECONDS = 2 * 3600.0  # between two phases of a run nobody holds its environment's lock
AT_ONCE = 2  # removing one takes seconds; a build brings one, so two each time keep up


def prune(folder: Path, keep: Path, now: float | None = None) -> int:
    """Remove environments unused for 30 days, and the oldest beyond ten; how many went.

    One that somebody uses or builds (its lock is held), ``keep`` and those of the last two hours
    stay; at most two go at a time.
    """
    today = time.time() if now is None else now
    aged = sorted(((used(p), p) for p in environments(folder)), reverse=True)
    gone = 0
    for number, (last, place) in enumerate(aged):
        age = today - last
        stays = age < IN_USE_SECONDS or (number < KEPT and age < DAYS * 86400)
        if place == keep or stays or gone == AT_ONCE:
            continue
        with claims.alone(lock_of(place)) as free:
            if free and used(place) == last:  # nobody took it out since it was looked at
                with contextlib.suppress(ImproveError):
                    remove(place)
                    gone += 1
    return gone


def environments(folder: Path) -> list[Path]:
    """The folders of our making in ``folder``: a setting may have put the cache beside others."""
    found = [one for one in folder.iterdir() if KEY.fullmatch(one.name)]
    return [one for one in found if one.is_dir() and not one.is_symlink()]
