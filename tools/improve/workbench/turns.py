"""One writer at a time in a repository that several runs share.

git's own lock files (of a branch, of packed-refs, of the configuration) make the second of two
writers fail instead of wait, so whoever writes branches into the user's repository takes its turn
first. Reading needs none.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from improve.errors import ImproveError

SECONDS = 120.0


@contextlib.contextmanager
def turn(cache: Path, repository: Path, seconds: float = SECONDS) -> Iterator[None]:
    """Hold the turn of ``repository``, the git folder that has its branches.

    It ends with the process in any case. Raises: ImproveError when another run holds it for longer than ``seconds``.
    """
    name = hashlib.sha256(os.fsencode(repository.resolve())).hexdigest()[:20]
    place = cache / "turns" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    with place.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise ImproveError(
                        f"Another run is still writing to {repository}.",
                        "Wait for it to end, then go on with ./run.sh --resume.",
                    ) from None
                time.sleep(0.02)
        yield
