"""The verb that makes room."""

from __future__ import annotations

from pathlib import Path

import click

from improve.cli.phase import TOOLKIT, say, settings_by_name

FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)


@click.command()
@click.option("--outputs", type=FOLDER, default=TOOLKIT / "outputs")
@click.option("--days", type=click.FloatRange(min=0), default=30, show_default=True)
@click.option("--gigabytes", type=click.FloatRange(min=0), default=10, show_default=True)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def clean(outputs: Path, days: float, gigabytes: float, dry_run: bool) -> None:
    """Remove what old runs left: run folders, environments, downloads, dead clones.

    What was not used for --days goes, then the oldest until no more than --gigabytes are left.
    Reports stay, and so do the newest run and all that a run is using now. Prints the paths.

    \b
    Examples:
      improve clean --dry-run
      improve clean --days 7 --gigabytes 2
    """
    from improve.phases import clean as phase

    cache = Path(str(settings_by_name(None)["cache-dir"]))
    for path in phase.run(
        outputs, cache, days, gigabytes, dry_run, lambda told: say(f"clean: {told}")
    ):
        click.echo(path)
