"""What GitHub keeps beside the logs of a red run: annotations, and test results in artifacts.

All of it is welcome and none of it is needed: what cannot be had becomes a note.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from improve.context import Budget
from improve.contract import RunUrl, parse_run_url
from improve.errors import ImproveError, NotSignedIn
from improve.forge.gh import Gh
from improve.forge.github_annotations import read_annotations
from improve.forge.github_artifacts import ToldFile, read_artifacts
from improve.records import Annotation, CiRun

SHARE = 1 / 3  # of the time that is left: reproducing needs the rest
MOST_SECONDS = 90.0


@dataclass
class Beside:
    """What was found; ``notes`` say what was not."""

    annotations: list[Annotation] = field(default_factory=list)
    junit: list[ToldFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def fetch_beside(run: CiRun, folder: Path, seconds: float, tell: Callable[[str], None]) -> Beside:
    """Annotations and JUnit files of the failed jobs of ``run``.

    ``folder`` holds each archive while it is read. Never raises what GitHub may answer.
    """
    place = parse_run_url(run.url)
    assert place is not None  # noqa: S101 - the run was read from there
    gh = Gh(place.host, Budget.of(min(seconds * SHARE, MOST_SECONDS)), tell)
    found = Beside()
    for doing, needs, read in (
        ("reading annotations", "`Checks: read`", _annotations),
        ("reading artifacts", "`Actions: read`", _junit),
    ):
        try:
            read(replace(gh, doing=doing), place, run, folder, found)
        except NotSignedIn as error:
            found.notes.append(f"{error.what} The token needs {needs}.")
        except ImproveError as error:
            found.notes.append(error.what)
    return found


def _annotations(gh: Gh, place: RunUrl, run: CiRun, _folder: Path, found: Beside) -> None:
    for one in read_annotations(gh, place, run, found.notes):
        found.annotations.append(one)


def _junit(gh: Gh, place: RunUrl, run: CiRun, folder: Path, found: Beside) -> None:
    for one in read_artifacts(gh, place, run, folder, found.notes):
        found.junit.append(one)
