"""The only door to other programs.

Three promises that ``subprocess.run`` does not make:

* Nothing outlives its caller. A child leads its own process group, which is ended as a whole
  when the time is up, when we are interrupted and when the child itself has finished. On Linux
  the child also dies with us, should we be killed with ``kill -9`` (``setpriv --pdeathsig``).
  What even that misses carries ``IMPROVE_RUN`` in its environment and is found by ``sweep``.
  A program that others wrote runs inside a ``fence`` (``workbench.sandbox``), which ends with it.
* Output is never held twice: it goes to a file first, and only ``keep`` bytes come back.
* An exit status is data. Nobody but ``must`` turns it into an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from improve.errors import ImproveError
from improve.redaction import redact_values
from improve.visible import for_terminal
from improve.workbench.finished import Caps, Fence, Finished, Inside, must, quiet_for

__all__ = ["Caps", "Fence", "Finished", "Inside", "must", "run"]

RUN_MARK = "IMPROVE_RUN"
COMMANDS = "commands.jsonl"  # in the run folder: every program that was run, and for how long
KEEP = 64 * 1024 * 1024
GRACE_SECONDS = 2.0
WATCH_SECONDS = 0.5

if sys.platform != "win32":
    import resource


@cache
def _die_with_us() -> tuple[str, ...]:
    # util-linux is part of every Debian; elsewhere `sweep` alone has to do.
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    return (found, "--pdeathsig", "KILL", "--") if found else ()


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    stdin: bytes = b"",
    keep: int = KEEP,
    caps: Caps | None = None,
    merge: bool = False,
    inherit: bool = False,
    output: Path | None = None,
    fence: Fence | None = None,
) -> Finished:
    """Run a program to its end, or to ``timeout`` seconds, and end all that it started.

    ``merge`` puts errors into stdout, in order; ``inherit`` lets it talk to the user's terminal;
    ``output`` is a file, readable by its owner only, that gets stdout instead of the result;
    ``fence`` is what the program runs inside of (its limits then stand in for ``caps``).

    Raises: ImproveError when the program is missing or cannot be started.
    """
    command = [str(part) for part in argv]
    if os.environ.get("DEBUG"):
        print(f"$ {for_terminal(shlex.join(command))}", file=sys.stderr)  # noqa: T201 - the trace that DEBUG=1 asks for
    began = time.monotonic()
    world = _world(command, env)
    with (
        _sink(output) as out,
        tempfile.TemporaryFile() as err,
        _inside(fence, command, world, cwd) as place,
    ):
        child = _start(place, cwd, stdin, None if inherit else (out, out if merge else err))
        if caps and not fence:
            _cap(child.pid, caps)
        quiet = caps.quiet_seconds if caps else None
        overrun = place.overrun if fence else quiet_for(quiet, out) if quiet else None
        try:
            code, why = _wait(child, timeout, overrun, place.end)
        finally:
            if child.poll() is None:
                place.end(child.pid)
            _end_group(child)
        said = b"" if output else _last(out, keep)
        seconds = time.monotonic() - began
        how = (seconds, place.level, why, place.started())
        done = Finished(tuple(command), code, said, _last(err, keep), *how)
    _remember(done)
    return fence.check(done) if fence else done


@contextlib.contextmanager
def _inside(
    fence: Fence | None, command: list[str], world: dict[str, str], cwd: Path | None
) -> Iterator[Inside]:
    if fence is None:
        yield Inside(tuple(command), world, "", lambda _: "", lambda _: None)
        return
    with fence.around(command, world, cwd or Path.cwd()) as place:
        yield place


def _remember(done: Finished) -> None:
    run = os.environ.get(RUN_MARK)
    if not run or not Path(run).is_dir():
        return
    entry: dict[str, object] = {
        "argv": redact_values(done.argv),
        "status": done.returncode,
        "seconds": round(done.seconds, 4),
    }
    if done.level:
        entry["sandbox"] = done.level
    # One write call a line: programs that run side by side never mix their lines.
    with contextlib.suppress(OSError), (Path(run) / COMMANDS).open("ab", buffering=0) as stream:
        stream.write(json.dumps(entry).encode() + b"\n")


def _sink(output: Path | None) -> IO[bytes]:
    if output is None:
        return tempfile.TemporaryFile()
    output.unlink(missing_ok=True)  # a new file: an old one would keep its wider mode
    return os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _world(command: list[str], env: Mapping[str, str] | None) -> dict[str, str]:
    world = dict(os.environ if env is None else env)
    if RUN_MARK in os.environ:
        world.setdefault(RUN_MARK, os.environ[RUN_MARK])
    if not shutil.which(command[0], path=world.get("PATH", os.defpath)):
        raise ImproveError(
            f"`{command[0]}` was not found.", f"Install {Path(command[0]).name}, or put it on PATH."
        )
    return world


def _start(
    place: Inside, cwd: Path | None, stdin: bytes, sinks: tuple[IO[bytes], IO[bytes]] | None
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        try:
            return subprocess.Popen(
                [*_die_with_us(), *place.argv],
                cwd=cwd,
                env=place.env,
                stdin=None if sinks is None else source,
                stdout=sinks[0] if sinks else None,
                stderr=sinks[1] if sinks else None,
                start_new_session=sinks is not None,
            )
        except (OSError, ValueError) as error:  # ValueError: an argument holds a NUL byte
            raise ImproveError(
                f"`{place.argv[0]}` could not be started in {cwd or Path.cwd()}: {error}.",
                "Check that the folder exists and that the program may be executed.",
            ) from error


def _cap(pid: int, caps: Caps) -> None:
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, ValueError):  # it may have ended already
        if caps.file_bytes is not None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (caps.file_bytes, caps.file_bytes))
        if caps.cpu_seconds is not None:
            resource.prlimit(pid, resource.RLIMIT_CPU, (caps.cpu_seconds, caps.cpu_seconds + 5))


def _wait(
    child: subprocess.Popen[bytes],
    timeout: float | None,
    overrun: Callable[[int], str] | None,
    end_inside: Callable[[int], None],
) -> tuple[int | None, str]:
    """Status (None at the time limit) and the other limit at which it was ended."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if end is None else end - time.monotonic()
        step = left if overrun is None else min(WATCH_SECONDS, left or WATCH_SECONDS)
        if _ended(child, step):
            return child.returncode, ""
        why = overrun(child.pid) if overrun else ""
        if why or (end is not None and time.monotonic() >= end):
            end_inside(child.pid)  # while the process is there: its id may be another's afterwards
            _signal_group(child.pid, signal.SIGTERM)
            _ended(child, GRACE_SECONDS)
            return (-signal.SIGKILL, why) if why else (None, "")


def _ended(child: subprocess.Popen[bytes], seconds: float | None) -> bool:
    if seconds is not None and sys.platform == "linux":
        # `Popen.wait` with a timeout looks only every 50 ms; a process descriptor tells at once.
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(child.pid)
            try:
                watched = select.poll()
                watched.register(descriptor, select.POLLIN)
                watched.poll(max(0.0, seconds) * 1000)
            finally:
                os.close(descriptor)
            return child.poll() is not None
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    return child.poll() is not None


def _end_group(child: subprocess.Popen[bytes]) -> None:
    if os.getpgrp() != child.pid:
        _signal_group(child.pid, signal.SIGKILL)
    child.wait()


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _last(stream: IO[bytes], keep: int) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - keep))
    return stream.read()
