"""What GitHub tells a job of a workflow about where it runs.

https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlparse

from improve.contract.trigger_event import HOME
from improve.errors import RequestError

EVENT_BYTES = 30_000_000  # a payload is capped at 25 MB


def home_of(environ: Mapping[str, str]) -> str:
    """'owner/name' of the repository that the workflow runs in."""
    home = environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(HOME, home):
        raise RequestError(
            f"GITHUB_REPOSITORY: {home[:120]!a} is no owner/name.", "GitHub sets it in every job."
        )
    return home


def host_of(environ: Mapping[str, str]) -> str:
    """The host of that GitHub."""
    return urlparse(environ.get("GITHUB_SERVER_URL") or "https://github.com").netloc.lower()


def event_content(environ: Mapping[str, str]) -> bytes:
    """The event's payload. Raises: RequestError when it cannot be read."""
    place = Path(environ.get("GITHUB_EVENT_PATH") or "no-event")
    try:
        with place.open("rb") as stream:
            return stream.read(EVENT_BYTES)
    except OSError as error:
        raise RequestError(
            f"GITHUB_EVENT_PATH: {place} cannot be read: {error.strerror}.",
            "This verb is a step of a workflow; GitHub writes that file.",
        ) from error


def page_of(environ: Mapping[str, str]) -> str:
    """The address of this very run of the workflow; '' outside of one."""
    number = environ.get("GITHUB_RUN_ID", "")
    if not number.isdecimal():
        return ""
    return f"https://{host_of(environ)}/{home_of(environ)}/actions/runs/{number}"
