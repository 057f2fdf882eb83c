"""Verbs by which a workflow starts itself; ``verbs`` adds them to the others.

The workflow in .github/workflows/auto-fix.yml shows them in their order.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from improve.cli.phase import run_phase, say

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)


@click.command()
def decide() -> None:
    """Say whether the event of this workflow starts a fix, and of what; prints 'go' or 'no'.

    \b
    Example:
      GITHUB_EVENT_NAME=workflow_run GITHUB_EVENT_PATH=event.json improve decide
    """
    from improve.markdown import plain
    from improve.phases import decide as phase

    made = phase.run(os.environ, say)
    go = "true" if made.go else "false"
    answer = "true" if made.answer else "false"
    step_values({"go": go, "reason": _line(made.reason), "requests": made.matrix, "answer": answer})
    step_summary(f"**{'Started' if made.go else 'Not started'}**: {plain(made.reason)}\n")
    say(f"decide: {'go' if made.go else 'no'} - {_line(made.reason)}")
    click.echo("go" if made.go else "no")


@click.command()
@click.argument("run", type=FOLDER)
def known(run: Path) -> None:
    """Look for an open pull request for the same failure, before anything is spent on it.

    \b
    Example:
      improve known outputs/<run>
    """
    from improve import rundir
    from improve.records import Known

    run_phase("known", run)
    found = rundir.need(run, Known)
    step_values({"known": "true" if found.number else "false"})


@click.command()
@click.option(
    "--runs", type=click.Path(path_type=Path), help="A folder with one folder for each artifact."
)
@click.option("--refused", default="", help="Why nothing was started.")
def answer(runs: Path | None, refused: str) -> None:
    """Answer the comment that asked for a fix, by one comment.

    \b
    Example:
      GITHUB_EVENT_PATH=event.json improve answer --runs downloaded
    """
    from improve.phases import answer as phase

    say(f"answer: {phase.run(os.environ, runs, refused, say)}")


def step_values(values: Mapping[str, str]) -> None:
    """Make these the outputs of this step of GitHub Actions; nothing elsewhere."""
    _append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in values.items()))


def step_summary(text: str) -> None:
    """Add Markdown to the job's page."""
    _append("GITHUB_STEP_SUMMARY", text)


def _append(variable: str, text: str) -> None:
    if os.environ.get(variable):
        with Path(os.environ[variable]).open("ab") as stream:
            stream.write(text.encode("utf-8", "replace"))


def _line(text: str) -> str:
    return " ".join(text.split())


VERBS = (decide, known, answer)
