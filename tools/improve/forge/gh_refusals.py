"""What we tell when GitHub refuses, limits, breaks or is not reached: cause, place and cure."""

from __future__ import annotations

import shutil
from pathlib import Path

from improve.errors import ImproveError, NotSignedIn, OutOfBudget
from improve.forge.gh_answer import Answer, readable
from improve.prompts import count

RESUME = "go on with ./run.sh --resume"


def no_room(output: Path) -> ImproveError:
    """The disk is full."""
    free = shutil.disk_usage(output.parent).free >> 20
    return ImproveError(
        f"{output} could not be written; {free} MB are free in its folder.",
        f"Make room (a log needs twice its size for a moment), then {RESUME}.",
    )


def time_is_up(host: str, path: str) -> OutOfBudget:
    """The run's own time ended during an answer."""
    return OutOfBudget(
        f"{host} had not sent {path} when the time was up.",
        f"When the network is faster, {RESUME}, or raise limits.minutes in info.json.",
    )


def unreadable_configuration(said: str) -> ImproveError:
    """gh starts for nothing at all: its config.yml or hosts.yml cannot be read."""
    last = readable(said.strip().split("\n")[-1])
    return ImproveError(
        f"gh does not start: {last}.",
        "Correct that file or give it back to you (`gh auth status` shows the same), or put it "
        f"aside and run `gh auth login`. Then {RESUME}.",
    )


def not_signed_in(host: str) -> NotSignedIn:
    """gh has no token for ``host``."""
    return NotSignedIn(f"gh is not signed in at {host}.", f"{_sign_in(host)} Then {RESUME}.")


def _sign_in(host: str) -> str:
    here = "" if host == "github.com" else f" --hostname {host}"
    name = "GH_TOKEN" if host == "github.com" else f"GH_HOST={host} and GH_ENTERPRISE_TOKEN"
    return f"Run `gh auth login{here}`, or set {name}."


def refused(host: str, answer: Answer, doing: str, needs: str) -> NotSignedIn:
    """A 401, or a 403 that is no limit: the token is wrong, or may not."""
    said = f"{answer.said or f'HTTP {answer.status}'}; asked for {answer.asked}"
    if answer.status == 401:
        return NotSignedIn(
            f"{host} did not accept who we are: {said}.",
            f"The token is missing, wrong or expired. {_sign_in(host)} Then {RESUME}.",
        )
    return NotSignedIn(
        f"{host} forbids {doing}: {said}.",
        f"The token needs {needs}, allowed for the organisation where it asks for "
        f"single sign-on; `gh auth status` shows it. {_sign_in(host)} Then {RESUME}.",
    )


def gave_up(host: str, answer: Answer, tries: str, wait: float) -> ImproveError:
    """The last try, e.g. ``tries`` = "try 5 of 5"; the next would come in ``wait`` seconds."""
    said = f"{answer.said or f'HTTP {answer.status}'}; asked for {answer.asked}"
    if answer.limited:
        later = count(max(1, round(wait / 60)), "minute")
        return ImproveError(
            f"{host} limits our requests ({tries}): {said}.",
            f"In {later}, {RESUME}. A token of your own has a higher limit.",
        )
    if answer.status == 0:
        return ImproveError(
            f"{host} was not reached ({tries}): {said}.",
            f"Check the network, the proxy and the host in the url, then {RESUME}.",
        )
    return ImproveError(
        f"{host} answered with a failure of its own ({tries}, HTTP {answer.status}): {said}.",
        f"https://www.githubstatus.com tells about outages. Later, {RESUME}.",
    )
