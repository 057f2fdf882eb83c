"""The only door to other programs.

Three promises that ``subprocess.run`` does not make:

* Nothing outlives its caller. A child leads its own process group, which is ended as a whole
  when the time is up, when we are interrupted and when the child itself has finished. On Linux
  the child also dies with us, should we be killed with ``kill -9`` (``setpriv --pdeathsig``).
  What even that misses carries ``IMPROVE_RUN`` in its environment and is found by ``sweep``.
* Output is never held twice: it goes to a file first, and only ``keep`` bytes come back.
* An exit status is data. Nobody but ``must`` turns it into an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from improve.errors import ImproveError

RUN_MARK = "IMPROVE_RUN"
COMMANDS = "commands.jsonl"  # in the run folder: every program that was run, and for how long
KEEP = 64 * 1024 * 1024
GRACE_SECONDS = 2.0

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class Caps:
    """Limits of one child; ``None`` leaves the user's own limit in place."""

    file_bytes: int | None = 1 << 30
    cpu_seconds: int | None = None


@dataclass(frozen=True)
class Finished:
    """How a program ended. ``returncode`` is None when it was ended at its time limit."""

    argv: tuple[str, ...]
    returncode: int | None
    stdout: bytes
    stderr: bytes
    seconds: float

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
) -> Finished:
    """Run a program to its end, or to ``timeout`` seconds, and end all that it started.

    ``merge`` puts errors into stdout, in order; ``inherit`` lets it talk to the user's terminal;
    ``output`` is a file, readable by its owner only, that gets stdout instead of the result.

    Raises: ImproveError when the program is missing or cannot be started.
    """
    command = [str(part) for part in argv]
    if os.environ.get("DEBUG"):
        print(f"$ {shlex.join(command)}", file=sys.stderr)  # noqa: T201 - the trace that DEBUG=1 asks for
    began = time.monotonic()
    with _sink(output) as out, tempfile.TemporaryFile() as err:
        child = _start(command, cwd, env, stdin, None if inherit else (out, out if merge else err))
        if caps:
            _cap(child.pid, caps)
        try:
            code = _wait(child, timeout)
        finally:
            _end_group(child)
        said = b"" if output else _last(out, keep)
        done = Finished(tuple(command), code, said, _last(err, keep), time.monotonic() - began)
    _remember(done)
    return done


def _remember(done: Finished) -> None:
    run = os.environ.get(RUN_MARK)
    if not run or not Path(run).is_dir():
        return
    entry = {"argv": done.argv, "status": done.returncode, "seconds": round(done.seconds, 4)}
    # One write call a line: programs that run side by side never mix their lines.
    with contextlib.suppress(OSError), (Path(run) / COMMANDS).open("ab", buffering=0) as stream:
        stream.write(json.dumps(entry).encode() + b"\n")


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


def _sink(output: Path | None) -> IO[bytes]:
    if output is None:
        return tempfile.TemporaryFile()
    output.unlink(missing_ok=True)  # a new file: an old one would keep its wider mode
    return os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _start(
    command: list[str],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: bytes,
    sinks: tuple[IO[bytes], IO[bytes]] | None,
) -> subprocess.Popen[bytes]:
    world = dict(os.environ if env is None else env)
    if RUN_MARK in os.environ:
        world.setdefault(RUN_MARK, os.environ[RUN_MARK])
    if not shutil.which(command[0], path=world.get("PATH", os.defpath)):
        raise ImproveError(
            f"`{command[0]}` was not found.", f"Install {Path(command[0]).name}, or put it on PATH."
        )
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        try:
            return subprocess.Popen(
                [*_die_with_us(), *command],
                cwd=cwd,
                env=world,
                stdin=None if sinks is None else source,
                stdout=sinks[0] if sinks else None,
                stderr=sinks[1] if sinks else None,
                start_new_session=sinks is not None,
            )
        except OSError as error:
            raise ImproveError(
                f"`{command[0]}` could not be started in {cwd or Path.cwd()}: {error}.",
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


def _wait(child: subprocess.Popen[bytes], timeout: float | None) -> int | None:
    try:
        return child.wait(timeout)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
        return None


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


def sweep(run: Path) -> int:
    """End every process that an earlier, killed session of ``run`` left behind; how many.

    They are known by ``IMPROVE_RUN`` in their environment, so a process that only happens to
    have the same id as one of ours is never touched.
    """
    import psutil  # imported here: only a resumed or finished run needs it

    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in mine and process.environ().get(RUN_MARK) == str(run):
                process.kill()
                ended += 1
    return ended
