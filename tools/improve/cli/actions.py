"""Verbs for runs inside GitHub Actions; ``verbs`` adds them to the others.

The workflow in .github/workflows/auto-fix.yml shows them in their order.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from improve.cli import triggers
from improve.cli.phase import say

TOOLKIT = Path(__file__).resolve().parents[3]
FILE = click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)


@click.command("request-from-env")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="The info.json.")
@click.option("--repo", type=FOLDER, help="The target; a log's path is then relative to it.")
def request_from_env(output: Path, repo: Path | None) -> None:
    """Turn IMPROVE_INPUT_* variables (a workflow's inputs) into info.json.

    \b
    Example:
      IMPROVE_INPUT_PROMPT='it fails' IMPROVE_INPUT_DETERMINISTIC=true \\
        IMPROVE_INPUT_RAW_LOGS=ci.log improve request-from-env --output info.json
    """
    from improve import rundir
    from improve.contract.from_environment import request_from_environment

    content, _request = request_from_environment(os.environ, repo)
    rundir.write_whole(output, content, rundir.SECRET_MODE)
    click.echo(output)


@click.command()
@click.option("--outputs", type=FOLDER, required=True, help="The folder that holds the run folder.")
@click.option("--repo", type=FOLDER, required=True, help="A clone of the target.")
@click.option("--request", type=FILE, help="The info.json it was started with, if known here.")
@click.option("--with-fix", is_flag=True, help="Print nothing when there is no fix to publish.")
def adopt(outputs: Path, repo: Path, request: Path | None, with_fix: bool) -> None:
    """Take over the newest run of another machine, to publish it here; prints its folder.

    \b
    Example:
      improve adopt --outputs downloaded --repo ../service
    """
    from improve import __version__, journal, rundir
    from improve.errors import ImproveError
    from improve.phases import adopt as phase
    from improve.phases import resume

    run = rundir.latest(outputs)
    if run is None and not with_fix:
        raise ImproveError(f"There is no run in {outputs}.", "Download the run's artifact there.")
    if run is None or (with_fix and not phase.holds_a_fix(run)):
        say("adopt: there is no fix to publish")
        return
    phase.run(run, repo, request)
    resume.prepare(run, ("publish", "report"), "publish")
    journal.append(run, "session", process=os.getppid(), version=__version__)
    click.echo(run)


@click.command("step-outputs")
@click.argument("run", type=FOLDER)
def step_outputs(run: Path) -> None:
    """Append the report to the job's summary and the outcome to the step's outputs.

    \b
    Example:
      GITHUB_OUTPUT=out GITHUB_STEP_SUMMARY=summary.md improve step-outputs outputs/<run>
    """
    from improve.report import actions

    found = actions.step_outputs(run)
    for variable, content in (
        ("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in found.items()).encode()),
        ("GITHUB_STEP_SUMMARY", actions.summary(run)),
    ):
        if os.environ.get(variable):
            with Path(os.environ[variable]).open("ab") as stream:
                stream.write(content)
    click.echo(f"{found['status']}: {found['report'] or 'no report'}")


@click.command()
@click.argument("run", type=FOLDER)
@click.option(
    "--into", type=click.Path(path_type=Path), required=True, help="The folder for the copy."
)
def pack(run: Path, into: Path) -> None:
    """Copy a run folder and its report without secrets, to be uploaded; prints the copy.

    \b
    Example:
      improve pack outputs/<run> --into to-upload
    """
    from improve.phases import pack as phase

    click.echo(phase.run(run, into))


@click.command("install-workflow")
@click.option("--into", type=FOLDER, default=".", show_default=True, help="The target repository.")
@click.option(
    "--toolkit", "pin", help="owner/name@<commit>; default: this clone's origin and HEAD."
)
@click.option("--force", is_flag=True, help="Write over a file that differs.")
@click.option(
    "--trigger",
    "triggers",
    multiple=True,
    type=click.Choice(("by-hand", "failed-runs", "comments")),
    help="What starts it (may be repeated); default: all three.",
)
@click.option(
    "--workflow", "workflows", multiple=True, help="Whose failures count; default: those on pushes."
)
@click.option(
    "--branch", "branches", multiple=True, help="On which branches; default: the default branch."
)
@click.option("--stress", is_flag=True, help="Write stress.yml, which measures a test, instead.")
def install_workflow(
    into: Path,
    pin: str | None,
    force: bool,
    triggers: tuple[str, ...],
    workflows: tuple[str, ...],
    branches: tuple[str, ...],
    stress: bool,
) -> None:
    """Write .github/workflows/auto-fix.yml into a target repository, and say what it needs.

    \b
    Examples:
      improve install-workflow --into ../service
      improve install-workflow --into ../service --trigger failed-runs --workflow CI --branch main
      improve install-workflow --into ../service --stress
    """
    from improve.phases import install_workflow as phase

    if stress:
        if triggers or workflows or branches:
            raise click.UsageError(
                "--stress starts by hand alone; leave out --trigger and its like."
            )
        place, outcome = phase.run_stress(TOOLKIT, into, pin, force)
        click.echo(f"{outcome}: {place}\n{phase.STRESS_PERMISSIONS}", err=True)
        click.echo(place)
        return
    wanted = phase.Wanted(triggers, workflows, branches)
    place, outcome, starts = phase.run(TOOLKIT, into, pin, force, wanted)
    click.echo(f"{outcome}: {place}", err=True)
    click.echo(f"{phase.PERMISSIONS}\n{starts}", err=True)
    click.echo(place)


VERBS = (request_from_env, adopt, step_outputs, pack, install_workflow, *triggers.VERBS)
