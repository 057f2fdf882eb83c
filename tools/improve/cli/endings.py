"""How the process ends: every error becomes a sentence, its cure, and a documented exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import click

from improve import __version__
from improve.cli.verbs import cli


def main() -> NoReturn:
    """Run the command line and end the process with one of the documented exit codes."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        cli.main(prog_name="improve", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _complain("Interrupted. Nothing is lost.", "Go on with ./run.sh --resume.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from improve.errors import ImproveError

        if isinstance(error, ImproveError):
            _complain(error.what, error.cure)
            sys.exit(error.exit_code)
        _bug(error)
        sys.exit(3)
    sys.exit(0)


def _interrupted(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _complain(what: str, cure: str) -> None:
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    red, off = ("\x1b[31m", "\x1b[0m") if colour else ("", "")
    print(f"{red}!!! {what}{off}", file=sys.stderr)  # noqa: T201 - stderr is for people
    if cure:
        print(f"    {cure}", file=sys.stderr)  # noqa: T201


def _bug(error: Exception) -> None:
    import platform
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="improve-bug-", suffix=".log", delete=False
    ) as log:
        log.write(f"improve {__version__}, Python {sys.version}, {platform.platform()}\n")
        log.write(" ".join(sys.argv) + "\n")
        traceback.print_exception(error, file=log)
    _complain(
        f"This is a bug of ours: {type(error).__name__}: {error}",
        f"Please report it with {log.name}. The run can be resumed: ./run.sh --resume",
    )
    if os.environ.get("DEBUG"):
        traceback.print_exception(error)
