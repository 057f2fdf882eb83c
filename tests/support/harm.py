"""What becomes of one counted call: a program that takes the place of the one that was called.

    python -I -S harm.py HOW CALLED-PROGRAM ARGUMENT...

Called by the setpriv of ``tests/support/outside.py``. HOW is a kind of harm, or ``stop VERB BALLAST``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

NETWORK = (
    "fatal: unable to access 'https://github.com/acme/layers/': Could not resolve host: github.com"
)
NO_CONNECTION = "error connecting to github.com\ncheck your internet connection"
FORBIDDEN = "Resource not accessible by integration"
REFUSED = (
    "remote: Permission to acme/layers.git denied to me.\n"
    "fatal: unable to access 'https://github.com/acme/layers/': The requested URL returned error: 403"
)
ANSWER = (
    "HTTP/2.0 403 Forbidden\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
    f'{{"message":"{FORBIDDEN}","status":"403"}}'
)
GARBAGE = bytes(range(255, 0, -1)) * 3 + b"\n\x00\n{[<\n"


def main(how: str, argv: Sequence[str]) -> int:
    """Do ``how`` instead of, or around, ``argv``; the exit status."""
    kind, *rest = how.split()
    program = os.path.basename(argv[argv.index("--") + 1])  # noqa: PTH119 - quicker, for each call
    if kind == "stop":
        return _stop(rest[0], argv)
    if kind == "kill-before":
        kill()
    if kind == "kill-after":
        subprocess.run(argv, check=False, close_fds=False)  # descriptor 9 is the lock
        kill()
    if kind == "full-disk":
        fill(Path(rest[0]))
        os.execv(argv[0], list(argv))
    return INSTEAD[kind](program)


def _stop(verb: str, argv: Sequence[str]) -> int:
    # The words of a phase: -c CODE TOOLS VERB ...
    if argv[argv.index("-c") + 3] != verb:
        os.execv(argv[0], list(argv))
    code = subprocess.run(argv, check=False, close_fds=False).returncode
    if code == 0:
        kill()
    return code


def kill() -> NoReturn:
    """kill -9 of run.sh and all in its process group, as of a whole session."""
    parent = os.getppid()
    group = os.getpgid(parent)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    sys.exit(137)


def fill(ballast: Path) -> None:
    """Leave no byte on the disk that holds ``ballast``."""
    with ballast.open("ab", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while stream.write(b"\0" * size):
                    pass


def _say(error: str, code: int, said: str = "") -> int:
    sys.stdout.write(said)
    sys.stderr.write(error + "\n")
    return code


def _garbage(_program: str) -> int:
    sys.stdout.buffer.write(GARBAGE)
    return 0


def _hang(_program: str) -> int:
    time.sleep(3600)
    return 1


INSTEAD: dict[str, Callable[[str], int]] = {
    "error": lambda _: _say("fatal: it went wrong", 1),
    "network": lambda p: _say(NO_CONNECTION, 1) if p == "gh" else _say(NETWORK, 128),
    "403": lambda p: (
        _say(f"gh: {FORBIDDEN} (HTTP 403)", 1, ANSWER) if p == "gh" else _say(REFUSED, 128)
    ),
    "nothing": lambda _: 0,
    "garbage": _garbage,
    "hang": _hang,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
