"""How a program is fenced and how it ended: the values that ``process.run`` takes and gives."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from improve.errors import ImproveError


@dataclass(frozen=True)
class Caps:
    """Limits of one child; ``None`` leaves the user's own limit in place."""

    file_bytes: int | None = 1 << 30
    cpu_seconds: int | None = None
    quiet_seconds: float | None = None  # nothing new on its stdout for so long


@dataclass(frozen=True)
class Finished:
    """How a program ended. ``returncode`` is None when it was ended at its time limit.

    ``level`` is the sandbox that it really ran in, '' when it was not fenced; ``overran`` says
    which other limit it was ended at; ``started`` is False when its sandbox did not tell that it
    had come to run.
    """

    argv: tuple[str, ...]
    returncode: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    level: str = ""
    overran: str = ""
    started: bool = True

    @property
    def ok(self) -> bool:
        return self.returncode == 0

    @property
    def timed_out(self) -> bool:
        return self.returncode is None

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "replace")

    @property
    def error_text(self) -> str:
        return self.stderr.decode("utf-8", "replace")

    def tail(self, size: int = 2000) -> str:
        """The last ``size`` characters of what it said, errors last."""
        return (self.text + ("\n" if self.stdout and self.stderr else "") + self.error_text)[-size:]


@dataclass(frozen=True)
class Inside:
    """What a fence makes of a command: how it is started, watched and ended."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    level: str
    overrun: Callable[[int], str]  # process id -> the limit that it is over, or ''
    end: Callable[[int], None]  # ends what a signal to its group does not reach
    started: Callable[[], bool] = lambda: True  # asked when it has ended


class Fence(Protocol):
    """Something that a program runs inside of."""

    def around(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path
    ) -> AbstractContextManager[Inside]:
        """The command as it is started; raises ImproveError where the fence cannot be held."""

    def check(self, done: Finished) -> Finished:
        """``done`` as it was; raises ImproveError when the fence was not up, so nothing ran."""


def quiet_for(seconds: float, stdout: IO[bytes]) -> Callable[[int], str]:
    """Says, asked again and again, when nothing was added to ``stdout`` for ``seconds``."""
    size, since = 0, time.monotonic()

    def look(_: int) -> str:
        nonlocal size, since
        now, seen = time.monotonic(), os.fstat(stdout.fileno()).st_size
        if seen != size:
            size, since = seen, now
        return f"nothing came for {seconds:g} s" if now - since >= seconds else ""

    return look


def must(done: Finished, what: str, cure: str = "") -> Finished:
    """``done``, or an ImproveError that tells ``what`` failed, how, and the ``cure``."""
    if done.ok:
        return done
    how = "did not end in time" if done.timed_out else f"ended with status {done.returncode}"
    said = done.tail(1500).strip()
    raise ImproveError(
        f"{what}: `{shlex.join(done.argv)[:300]}` {how}" + (f":\n{said}" if said else "."),
        cure or "Run the command above by hand to see more; DEBUG=1 traces every command.",
    )
