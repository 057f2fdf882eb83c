"""Labels and reviewers of a pull request that was just opened.

They are wishes: what GitHub refuses becomes a note. They are set once, when the pull request is
opened; what people change later stays as they want it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from improve.errors import ImproveError
from improve.forge.gh import Gh, send
from improve.forge.gh_answer import readable
from improve.forge.gh_program import full_name


def add_extras(
    gh: Gh, home: str, number: int, labels: Sequence[str], reviewers: Sequence[str]
) -> tuple[str, ...]:
    """Add ``labels`` and ask ``reviewers`` ('name' or 'organisation/team'); a note for each refusal.

    Both requests add to what is there, so a second one changes nothing.
    """
    people = [one for one in reviewers if "/" not in one]
    teams = [one.rpartition("/")[2] for one in reviewers if "/" in one]
    asked = {"reviewers": people, "team_reviewers": teams}
    notes = []
    if labels:
        path, body = f"repos/{home}/issues/{number}/labels", {"labels": list(labels)}
        notes.append(_wish(gh, path, body, 200, f"labels {', '.join(labels)}"))
    if reviewers:
        path = f"repos/{home}/pulls/{number}/requested_reviewers"
        notes.append(_wish(gh, path, asked, 201, f"reviewers {', '.join(reviewers)}"))
    by_hand = shlex.join(
        ["gh", "pr", "edit", str(number), "--repo", full_name(gh.host, home)]
        + [word for one in labels for word in ("--add-label", one)]
        + [word for one in reviewers for word in ("--add-reviewer", one)]
    )
    refused = [note for note in notes if note]
    return (*refused, f"By hand: {by_hand}") if refused else ()


def _wish(gh: Gh, path: str, body: dict[str, list[str]], good: int, what: str) -> str:
    try:
        answer = send(gh, "POST", path, body)
    except ImproveError as error:
        return f"The {what} were not set: {error.what}"
    if answer.status == good:
        return ""
    return f"The {what} were not set (HTTP {answer.status}): {readable(answer.said)}"
