"""The verbs: options -> artifact in -> phase -> artifact out.

The order of the phases stands in ``run.sh``; this file only knows which function belongs to a
verb. Phases are imported when they are called, so that ``improve --help`` stays quick.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from improve import __version__
from improve.cli.actions import VERBS
from improve.cli.analysis import analyze
from improve.cli.cleaning import clean
from improve.cli.phase import (
    TOOLKIT,
    begin_session,
    ladder_of,
    name_run,
    run_phase,
    say,
    settings_by_name,
)
from improve.cli.stress import stress

PHASES = ("fetch-logs", "reproduce", "fix", "publish", "report")
EXAMPLES = """
\b
Examples:
  ./run.sh                                   the whole flow for info.json
  improve validate --check                   only look at info.json
  improve reproduce outputs/<run>            one phase of a run, by hand
  improve doctor                             what is here and what is missing
  improve clean --dry-run                    what old runs left, and what of it would go
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
    """Check info.json and open a run folder; prints its path (and the stand-in it needs).

    \b
    Examples:
      improve validate --check
      improve validate --request info.json --repo ../service
    """
    from improve.phases import validate as phase
    from improve.workbench import git

    if only_check:
        from improve.phases import doctor

        found, target = phase.check(request, TOOLKIT, outputs, repo)
        place = target.top if target else "a bundled example"
        say(
            f"{request} is valid: {'deterministic' if found.deterministic else 'intermittent'}, target {place}"
        )
        doctor.require(doctor.examine(TOOLKIT, settings_by_name(found)))
        return
    options = settings_by_name(None)
    git.allow(float(str(options["git-minutes"])))
    artifact, folder = phase.run(
        request, TOOLKIT, outputs, repo, ladder_of(options), Path(str(options["cache-dir"]))
    )
    begin_session(folder)
    name_run(folder, artifact)


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
    from improve.workbench.sweep import sweep

    try:
        locks.take(fd, run)
    except AlreadyRunning:
        if discard:
            phase.discard(run)
        raise
    sweep(run)


@cli.command()
@click.argument("run", required=False)
@click.option(
    "--from", "first", type=click.Choice(PHASES), help="Do this phase and those after it again."
)
@click.option("--choose", is_flag=True, help="Only say which run that is, and see to its lock.")
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
    from improve.records import ValidatedRequest

    chosen = (outputs / Path(run).name) if run else rundir.latest(outputs)
    if chosen is None or not (chosen / "request.json").is_file():
        raise ImproveError(
            f"There is no run {run or ''} in {outputs} to resume.".replace("  ", " "),
            "`ls outputs` shows the runs; ./run.sh starts a new one.",
        )
    validated = rundir.need(chosen, ValidatedRequest)
    if choose:
        cache = Path(str(settings_by_name(validated.request)["cache-dir"]))
        phase.lockable(chosen, validated, cache)
    else:
        phase.prepare(chosen, PHASES, first)
        begin_session(chosen)
        for file, fields in rundir.unread(chosen).items():
            say(f"{file} holds {', '.join(fields[:5])} of a newer release: kept there, not used")
    name_run(chosen, validated)


def _phase_verb(name: str) -> click.Command:
    def call(run: Path) -> None:
        run_phase(name, run)

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
for _verb in (*VERBS, analyze, clean, stress):
    cli.add_command(_verb)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--probe", is_flag=True, help="Try to get out of the sandbox, and show what is denied."
)
def doctor(as_json: bool, probe: bool) -> None:
    """Say what is here, what is missing, and what each missing thing costs.

    \b
    Examples:
      improve doctor
      improve doctor --json
      improve doctor --probe
    """
    from improve.phases import doctor as phase

    options = settings_by_name(None)
    findings = phase.escapes(options) if probe else phase.examine(TOOLKIT, options)
    click.echo(phase.as_json(findings) if as_json else phase.as_text(findings))
    phase.require(findings)


@cli.command()
@click.argument("run", callback=_folder)
@click.option("--installed", is_flag=True, help="They were just now: the run's clock begins anew.")
def extras(run: Path, installed: bool) -> None:
    """Name the optional parts that this run can use and lacks, one a line (used by run.sh).

    \b
    Examples:
      improve extras outputs/<run>
      improve extras --installed outputs/<run>
    """
    from improve import rundir
    from improve.agents.extras import lacks_extra
    from improve.records import ValidatedRequest

    if installed:
        begin_session(run)  # a slow line may take minutes for them, which are not the run's
        return
    for name in dict.fromkeys(rundir.need(run, ValidatedRequest).agents):
        if lacks_extra(name, os.environ):
            click.echo(name)


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
