"""The verb that looks at many runs; ``verbs`` adds it to the others."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from improve.cli.phase import TOOLKIT, say

MINUTES = 20.0


@click.command()
@click.argument("source")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Where to keep it; default: outputs/analysis-...",
)
@click.option("--runs", default=200, show_default=True, help="The newest so many runs (GitHub).")
@click.option(
    "--workflow", default="", help="Only this workflow, by its file, e.g. ci.yml (GitHub)."
)
@click.option("--branch", default="", help="Only runs on this branch (GitHub).")
@click.option(
    "--minutes", default=MINUTES, show_default=True, help="Longest time for asking GitHub."
)
def analyze(
    source: str, into: Path | None, runs: int, workflow: str, branch: str, minutes: float
) -> None:
    """Find the tests that fail now and then, over many runs of CI.

    SOURCE is a folder of JUnit files and logs, or a repository at GitHub (owner/name or its address),
    which is asked through gh. Prints the path of the page. Called again it reads only what is new.
    No model is asked, and nothing is paid for.

    \b
    Examples:
      improve analyze ci-results
      improve analyze acme/shop --workflow ci.yml --branch main --runs 500
      improve analyze https://github.com/acme/shop --into outputs/shop
    """
    from improve.phases import analyze as phase
    from improve.progress import Progress

    name, github = _place(source)
    into = (into or TOOLKIT / "outputs" / f"analysis-{_slug(name)}").resolve()
    with Progress("analyze", None) as progress:
        if github:
            from improve.forge.github_history import Wanted

            wanted = Wanted(runs, workflow, branch)
            read = phase.of_github(*github, wanted, into / "fetched", minutes * 60, progress)
        else:
            read = phase.of_folder(Path(source))
        try:
            done = phase.run(name, read, into, TOOLKIT, progress)
        except KeyboardInterrupt:
            say("analyze: what was read is kept; the same command goes on from there")
            raise
    found = done.analysis
    say(
        f"analyze: {len(found.groups)} to repair, {len(found.regressions)} broken since a commit, "
        f"{len(found.suspects)} not known yet, {len(found.outages)} outages set aside"
    )
    say(f"Report: {done.markdown}")
    click.echo(done.page)


def _place(source: str) -> tuple[str, tuple[str, str, str] | None]:
    """How the source is called, and host, owner and name where it is a repository."""
    from improve.errors import RequestError
    from improve.forge.choose import parse_address

    folder = Path(source)
    if folder.is_dir():
        return folder.resolve().name, None
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}", source):
        host = os.environ.get("GH_HOST", "").lower() or "github.com"
        owner, _, repo = source.partition("/")
        return source, (host, owner, repo)
    address = parse_address(source)
    if address:
        return f"{address[1]}/{address[2]}", address
    raise RequestError(
        f"{source[:200]!r} is neither a folder nor a repository.",
        "Give a folder of JUnit files and logs, or owner/name of a repository at GitHub.",
    )


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:60] or "runs"
