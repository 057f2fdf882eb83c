"""How the process ends: every error becomes a sentence, its cure, and a documented exit code."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
from typing import NoReturn

import click

from improve import __version__
from improve.cli.home import settle
from improve.cli.streams import guard_streams
from improve.cli.verbs import cli
from improve.redaction import redact
from improve.visible import for_terminal, visible

RESUME = "Go on with ./run.sh --resume."
# What an OSError tells of the machine: the disk, its limits. No program is right that runs into it.
MACHINE = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EAGAIN,
    errno.EMFILE, errno.ENFILE,
}  # fmt: skip
FOREIGN = {errno.EACCES, errno.EPERM}
CURES = {
    **dict.fromkeys(MACHINE, f"Make room, or lift that limit. {RESUME}"),
    **dict.fromkeys(
        FOREIGN,
        "Does it belong to somebody else, as after a `sudo ./run.sh`? Give it back with chown, or use "
        f"another cache-dir or outputs folder. {RESUME}",
    ),
}


def main() -> NoReturn:
    """Run the command line and end the process with one of the documented exit codes."""
    guard_streams()
    settle()
    signal.signal(signal.SIGTERM, _interrupted)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So bash starts what runs in the background; run.sh ends us with SIGTERM. What we start must
        # not inherit that: a target's tests may well send SIGINT to themselves.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        cli.main(prog_name="improve", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _complain("Interrupted. Nothing is lost.", RESUME)
        sys.exit(130)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        print(for_terminal(told.getvalue()), end="", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from improve.errors import ImproveError

        if isinstance(error, ImproveError):
            _complain(error.what, error.cure)
            sys.exit(error.exit_code)
        if isinstance(error, OSError) and (cure := _cure(error)):
            place = f"{error.filename}: " if error.filename else ""
            _complain(f"{place}{error.strerror}.", cure)
            sys.exit(1)
        _bug(error)
        sys.exit(3)
    sys.exit(0)


def _cure(error: OSError) -> str:
    """Empty where it tells nothing of the machine."""
    # Where nothing can be written, tempfile says that no folder is there (ENOENT, in words).
    full = "temporary directory" in (error.strerror or "")
    return CURES.get(errno.ENOSPC if full else error.errno or 0, "")


def _interrupted(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _complain(what: str, cure: str) -> None:
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    red, off = ("\x1b[31m", "\x1b[0m") if colour else ("", "")
    print(f"{red}!!! {for_terminal(what)}{off}", file=sys.stderr)  # noqa: T201 - stderr is for people
    if cure:
        print(f"    {for_terminal(cure)}", file=sys.stderr)  # noqa: T201


def _bug(error: Exception) -> None:
    import platform
    import tempfile
    import traceback

    told = redact(for_terminal("".join(traceback.format_exception(error))))
    called = redact(visible(" ".join(sys.argv)))
    where = ""
    with (
        contextlib.suppress(OSError),
        tempfile.NamedTemporaryFile("w", prefix="improve-bug-", suffix=".log", delete=False) as log,
    ):
        log.write(f"improve {__version__}, Python {sys.version}, {platform.platform()}\n")
        log.write(f"{called}\n{told}")
        log.flush()
        where = log.name
    _complain(
        f"This is a bug of ours: {type(error).__name__}: {error}",
        f"Please report it with {where or 'what stands below'}. {RESUME}",
    )
    if os.environ.get("DEBUG") or not where:
        print(told, file=sys.stderr)  # noqa: T201
