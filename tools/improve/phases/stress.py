"""Run one test many times, alone or as one of several machines, and judge all runs at once.

``--shard 2/8`` leaves one share; ``--merge`` joins all shares of a folder. Both leave the same
artifact, so a measurement on one machine is just one that has one share.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from pydantic import ValidationError

from improve import rundir
from improve.checks.shards import joined
from improve.checks.shards_alike import Placed
from improve.checks.stress_verdict import judged
from improve.context import Context
from improve.errors import ImproveError, RequestError
from improve.records import Stressed, ValidatedRequest
from improve.records.reading import NewerVersion, read, what_is_wrong
from improve.reproduction.by_share import measure_share
from improve.reproduction.share import Asked
from improve.reproduction.workshop import workshop
from improve.workbench import sandbox

NAME = f"{Stressed.schema_name}.json"
MOST_BYTES = 50_000_000


def run(context: Context) -> Stressed:
    """The runs that ``context.options["stress"]`` asks for: an ``Asked``, or a folder of shares.

    Raises: RequestError when the request names no test; ImproveError as its two halves do.
    """
    asked = context.options["stress"]
    if isinstance(asked, Path):
        return judged(joined(shares(asked)))
    assert isinstance(asked, Asked)  # noqa: S101 - cli gives one of the two
    began = time.monotonic()
    node = rundir.need(context.run, ValidatedRequest).request.existing_test_path
    if not node:
        raise RequestError(
            "existing-test-path: the request names no test to run.",
            'Name it in info.json: "existing-test-path": "tests/test_a.py::test_b".',
        )
    with workshop(context) as work:
        found = measure_share(work, node, asked)
        notes = (*found.notes, *work.notes)
    told = {"seconds": round(time.monotonic() - began, 2), "sandbox": sandbox.level()}
    return judged(found.model_copy(update={**told, "notes": notes}))


def shares(folder: Path) -> list[Placed]:
    """Every share below ``folder``, with the path that it was read from.

    Raises: ImproveError for a file that is no share.
    """
    found: list[Placed] = []
    for here, folders, names in os.walk(folder):
        folders.sort()
        if NAME in names:
            place = Path(here) / NAME
            found.append((str(place.relative_to(folder)), _share(place)))
    return found


def _share(place: Path) -> Stressed:
    cure = "Download it again, or make this share again; it is not edited by hand."
    seen = place.lstat()
    if not stat.S_ISREG(seen.st_mode) or seen.st_size > MOST_BYTES:
        raise ImproveError(f"{place} is a link, no plain file, or larger than a share.", cure)
    try:
        return read(Stressed, place.read_bytes())[0]
    except NewerVersion as error:
        newer = "All machines take the same toolkit: update this one."
        raise ImproveError(f"{place} was written by a newer release: {error}.", newer) from error
    except ValidationError as error:
        raise ImproveError(f"{place} is no share: {what_is_wrong(error)}.", cure) from error
