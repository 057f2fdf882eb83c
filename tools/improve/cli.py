"""The command line. click lives here and in ``cli_actions``, nowhere else.

A verb is: options -> artifact in -> phase -> artifact out. The order of the phases stands in
``run.sh``; this file only knows which function belongs to a verb. Phases are imported when they
are called, so that ``improve --help`` stays quick.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, cast

import click

from improve import __version__
from improve.cli_actions import VERBS

TOOLKIT = Path(__file__).resolve().parents[2]
PHASES = ("fetch-logs", "reproduce", "fix", "publish", "report")
EXAMPLES = """
\b
Examples:
  ./run.sh                                   the whole flow for info.json
  improve validate --check                   only look at info.json
  improve reproduce outputs/<run>            one phase of a run, by hand
  improve doctor                             what is here and what is missing
  eval "$(_IMPROVE_COMPLETE=bash_source improve)"   completion for bash
"""


@click.group(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="improve")
def cli() -> None:
    """Turn a red CI run into a draft pull request with a proven fix, and a report.

    run.sh calls these verbs in order; each leaves one JSON artifact in the run folder.
    """


def _folder(_context: click.Context, _parameter: click.Parameter, value: str) -> Path:
    path = Path(value)
    for one in (path, TOOLKIT / "outputs" / value):
        if (one / "request.json").is_file():
            return one.resolve()
    raise click.BadParameter(
        f"{value!r} is not a run folder. They lie in outputs/; `ls outputs` shows them."
    )


@cli.command()
@click.option("--request", default="info.json", type=click.Path(path_type=Path), show_default=True)
@click.option("--repo", help="The target repository; goes before what the request says.")
@click.option("--outputs", type=click.Path(path_type=Path), default=TOOLKIT / "outputs")
@click.option("--check", "only_check", is_flag=True, help="Check everything, write nothing.")
def validate(request: Path, repo: str | None, outputs: Path, only_check: bool) -> None:
    """Check info.json and open a run folder; prints its path.

    \b
    Examples:
      improve validate --check
      improve validate --request info.json --repo ../service
    """
    from improve.phases import validate as phase

    if only_check:
        from improve.phases import doctor

        found, target = phase.check(request, TOOLKIT, outputs, repo)
        place = target.top if target else "a bundled example"
        _say(
            f"{request} is valid: {'deterministic' if found.deterministic else 'intermittent'}, target {place}"
        )
        doctor.require(doctor.examine(TOOLKIT, _settings(found)))
        return
    options = _settings(None)
    _artifact, folder = phase.run(
        request, TOOLKIT, outputs, repo, _ladder(options), Path(str(options["cache-dir"]))
    )
    _begin_session(folder)
    click.echo(folder)


@cli.command()
@click.argument("run", callback=_folder)
@click.option("--fd", type=int, required=True, help="Descriptor of the opened <run>/lock.")
@click.option("--discard", is_flag=True, help="Remove the run folder when the lock is taken.")
def lock(run: Path, fd: int, discard: bool) -> None:
    """Take the lock of this repository and failure (used by run.sh).

    \b
    Example:
      exec 9>>outputs/<run>/lock; improve lock --fd 9 outputs/<run>
    """
    from improve import lock as locks
    from improve.errors import AlreadyRunning
    from improve.phases import validate as phase
    from improve.workbench import process

    try:
        locks.take(fd, run)
    except AlreadyRunning:
        if discard:
            phase.discard(run)
        raise
    process.sweep(run)


@cli.command()
@click.argument("run", required=False)
@click.option(
    "--from", "first", type=click.Choice(PHASES), help="Do this phase and those after it again."
)
@click.option("--choose", is_flag=True, help="Only say which run that is; change nothing.")
@click.option("--outputs", type=click.Path(path_type=Path), default=TOOLKIT / "outputs")
def resume(run: str | None, first: str | None, choose: bool, outputs: Path) -> None:
    """Make a run (default: the newest) ready to go on; prints its folder.

    \b
    Examples:
      improve resume
      improve resume 2026-02-04_10-20-30_gather-timeout --from fix
    """
    from improve import rundir
    from improve.errors import ImproveError
    from improve.phases import resume as phase

    chosen = (outputs / Path(run).name) if run else rundir.latest(outputs)
    if chosen is None or not (chosen / "request.json").is_file():
        raise ImproveError(
            f"There is no run {run or ''} in {outputs} to resume.".replace("  ", " "),
            "`ls outputs` shows the runs; ./run.sh starts a new one.",
        )
    if not choose:
        phase.prepare(chosen, PHASES, first)
        _begin_session(chosen)
    click.echo(chosen)


def _phase_verb(name: str) -> click.Command:
    def call(run: Path) -> None:
        _run_phase(name, run)

    summary = {
        "fetch-logs": "Read the logs and distil evidence out of them.",
        "reproduce": "See the failure happen, and cut a minimal test out of it.",
        "fix": "Let agents work until the failure is proven gone.",
        "publish": "Put the fix on its branch and write the draft pull request.",
        "report": "Write the report from what the other phases left.",
    }[name]
    call.__doc__ = f"{summary}\n\n\b\nExample:\n  improve {name} outputs/<run>"
    made = click.argument("run", callback=_folder)(call)
    return click.command(name, help=call.__doc__)(made)


for _name in PHASES:
    cli.add_command(_phase_verb(_name))
for _verb in VERBS:
    cli.add_command(_verb)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor(as_json: bool) -> None:
    """Say what is here, what is missing, and what each missing thing costs.

    \b
    Examples:
      improve doctor
      improve doctor --json
    """
    from improve.phases import doctor as phase

    findings = phase.examine(TOOLKIT, _settings(None))
    click.echo(phase.as_json(findings) if as_json else phase.as_text(findings))
    phase.require(findings)


@cli.command()
def settings() -> None:
    """Show every setting, its value and where the value came from.

    \b
    Example:
      IMPROVE_FIX_MINUTES=30 improve settings
    """
    from improve.settings import DECLARED, load_settings

    found = load_settings(TOOLKIT / "improve.yaml", os.environ)
    for declared in DECLARED:
        setting = getattr(found, declared.attribute)
        click.echo(f"{declared.name} = {setting.value!r}  ({setting.source})")


def _run_phase(name: str, run: Path) -> None:
    from improve import journal, rundir
    from improve.context import Budget, Context
    from improve.progress import Progress
    from improve.records import ARTIFACTS, ValidatedRequest

    kind = next(one for one in ARTIFACTS if one.schema_name == name)
    validated = rundir.need(run, ValidatedRequest)
    if name != "report" and rundir.load(run, kind) is not None:
        _say(f"{name}: done before, kept")
        click.echo(rundir.artifact_path(run, kind))
        return
    options = _settings(validated.request)
    os.environ["IMPROVE_RUN"] = str(run)
    left = max(0.0, validated.request.limits.minutes * 60 - journal.session_seconds(run))
    caps = {"reproduce": "reproduce-minutes", "fix": "fix-minutes"}
    seconds = min(left, float(str(options[caps[name]])) * 60) if name in caps else max(left, 60.0)
    began = time.monotonic()
    journal.append(run, "begun", phase=name)
    phase = cast(
        Callable[[Context], Any],
        importlib.import_module(f"improve.phases.{name.replace('-', '_')}").run,
    )
    try:
        with Progress(name, seconds) as progress:
            context = Context(
                run, TOOLKIT, Path(str(options["cache-dir"])), Budget.of(seconds), progress, options
            )
            artifact = phase(context)
        path = rundir.save(run, artifact)
    except BaseException as error:
        journal.append(
            run, "failed", phase=name, error=str(error), seconds=time.monotonic() - began
        )
        raise
    journal.append(run, "done", phase=name, seconds=round(time.monotonic() - began, 3))
    _say(_sentence(name, artifact))
    click.echo(path)
    _exit_by(artifact, name)


def _sentence(name: str, artifact: Any) -> str:
    from improve.prompts import count

    outcome = getattr(artifact, "outcome", None) or getattr(artifact, "status", "")
    if name == "fetch-logs":
        found, logs = len(artifact.failures), len(artifact.logs)
        outcome = f"{count(found, 'failure')} found in {count(logs, 'log')}"
    reason = getattr(artifact, "reason", "") or getattr(artifact, "headline", "")
    return f"{name}: {str(outcome).replace('_', ' ')}" + (f" - {reason}" if reason else "")


def _exit_by(artifact: Any, name: str) -> None:
    if name == "report" and getattr(artifact, "out_of_budget", False):
        sys.exit(5)


def _settings(request: Any) -> dict[str, object]:
    from improve.settings import DECLARED, cache_folder, load_settings

    found = load_settings(TOOLKIT / "improve.yaml", os.environ, request=request)
    values = {one.name: getattr(found, one.attribute).value for one in DECLARED}
    values["cache-dir"] = str(cache_folder(found, os.environ, Path.home()))
    return values


def _ladder(options: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(one) for one in cast(list[object], options["ladder"]))


def _begin_session(run: Path) -> None:
    from improve import journal

    journal.append(run, "session", process=os.getppid(), version=__version__)


def _say(text: str) -> None:
    colour = "32" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else ""
    mark = f"\x1b[{colour}m>>>\x1b[0m" if colour else ">>>"
    print(f"{mark} {text}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is for people


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
