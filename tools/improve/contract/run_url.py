"""The address of a GitHub Actions run or job, taken apart. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_CHARACTERS = 2000

# Query and fragment are what a browser adds (?pr=12, #step:4:17); they say nothing more.
_RUN = re.compile(
    r"https://(?P<host>[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)"
    r"/(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?P<repo>[A-Za-z0-9._-]{1,100})"
    r"/actions/runs/(?P<run>[0-9]{1,20})(?:/attempts/(?P<attempt>[0-9]{1,6}))?"
    r"(?:/job/(?P<job>[0-9]{1,20}))?/?(?:\?[!-~]{0,500})?(?:#[!-~]{0,500})?"
)


class RunUrl(NamedTuple):
    """``job`` and ``attempt`` are None when the address names the whole, latest run."""

    host: str
    owner: str
    repo: str
    run: int
    attempt: int | None
    job: int | None


def parse_run_url(url: str) -> RunUrl | None:
    """The parts of ``url``, or None when it is no address of a run or a job.

    Any host is taken, since GitHub Enterprise lives under the companies' own names.
    """
    if len(url) > MAX_CHARACTERS:
        return None
    match = _RUN.fullmatch(url)
    if match is None or match["repo"] in (".", ".."):
        return None
    return RunUrl(
        match["host"].lower(),
        match["owner"],
        match["repo"],
        int(match["run"]),
        int(match["attempt"]) if match["attempt"] else None,
        int(match["job"]) if match["job"] else None,
    )
