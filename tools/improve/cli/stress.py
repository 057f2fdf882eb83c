"""The verb that runs one test many times, on one machine or on several; ``verbs`` adds it."""

from __future__ import annotations

import re
from pathlib import Path

import click

from improve.cli.phase import run_phase

MINUTES = 5.0
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)


def _share(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, int]:
    from improve.checks.shards import MOST_SHARDS

    found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", value)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of <= MOST_SHARDS:
        raise click.BadParameter(
            f"{value[:20]!r} is no share. Give which and of how many: 1/8 to 8/8, "
            f"at most of {MOST_SHARDS}."
        )
    return number, of


@click.command()
@click.argument("run", type=FOLDER)
@click.option("--shard", default="1/1", callback=_share, show_default=True, help="Which share.")
@click.option(
    "--setting",
    "settings",
    multiple=True,
    help="What to perturb (may be repeated), e.g. plain, thread-noise, clock+zone; default: all that suit.",
)
@click.option("--runs", type=click.IntRange(0, 100_000), default=0,
              help="Runs of each setting and side; default (0): as many as fit into the time.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(1, 350), default=MINUTES, show_default=True)
@click.option("--limit", type=click.FloatRange(1, 600), default=30.0, show_default=True,
              help="Seconds of one run; one that takes longer has failed.")  # fmt: skip
@click.option("--fix", default="", help="Branch or commit with a fix: measure before and after it.")
@click.option(
    "--test-from", default="", help="Branch or commit that has the test, if others do not."
)
@click.option("--merge", type=FOLDER, help="Judge all shares below this folder instead.")
def stress(
    run: Path,
    shard: tuple[int, int],
    settings: tuple[str, ...],
    runs: int,
    minutes: float,
    limit: float,
    fix: str,
    test_from: str,
    merge: Path | None,
) -> None:
    """Run a request's existing test many times: how often does it fail, and is a fix one?

    Each share of a measurement (--shard) may run on another machine, with seeds of its own; --merge
    judges all of them as one. No model is asked.

    \b
    Examples:
      improve stress outputs/<run>
      improve stress outputs/<run> --setting thread-noise --fix fix/short-count
      improve stress outputs/<run> --shard 2/8 --setting plain --runs 500
      improve stress outputs/<run> --merge downloaded
    """
    from improve.reproduction.share import Asked

    asked = Asked(
        *shard, tuple(dict.fromkeys(one for one in settings if one)), runs, limit, fix, test_from
    )
    run_phase("stress", run, {"minutes": minutes, "stress": merge or asked})
