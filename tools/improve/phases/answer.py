"""Answer the comment that asked for a fix: one comment, whatever came of it.

Runs in a job of its own that may write comments, and nothing else; none of the target's code has
run there, and what other jobs left is told in sentences of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, RootModel

from improve import rundir
from improve.context import Budget
from improve.contract.trigger_event import CommentEvent, read_event
from improve.errors import ImproveError
from improve.forge.gh import TRIES, Gh, get, require_allowed, send, wait_or_give_up
from improve.forge.github_answers import understood
from improve.markdown import plain
from improve.records import Known, Publication, ReportFacts
from improve.triggers.surroundings import event_content, home_of, host_of, page_of

SECONDS = 300.0
NEEDS = "`issues: write` and `pull-requests: write`"
PAGE = 100
MOST_PAGES = 20
NOTHING = "The run ended before there was anything to report."


class _CommentAnswer(BaseModel):
    body: str | None = None


class _CommentsAnswer(RootModel[list[_CommentAnswer]]):
    """One page of them."""


def run(
    environ: Mapping[str, str],
    folder: Path | None,
    refused: str,
    tell: Callable[[str], None] = lambda _text: None,
) -> str:
    """Write the comment; 'created', or 'unchanged' when this comment was answered before.

    ``folder`` holds the run folders of all requests (a folder for each artifact); ``refused`` is
    why nothing was started, or ''; ``tell`` hears of what is waited for.
    Raises: RequestError for another event; ImproveError and what ``gh.get`` raises.
    """
    event = read_event(CommentEvent, event_content(environ))
    home = home_of(environ)
    gh = Gh(host_of(environ), Budget.of(SECONDS), tell, "writing a comment", NEEDS)
    sentences = [f"Nothing was started: {plain(refused)}"] if refused else list(_ends(folder))
    page = page_of(environ)
    mark = f"[codebase-improvements]: # (answer to comment {event.comment.id})"
    more = f"\n\n[Report and log]({page})" if page else ""
    body = f"{mark}\n\n" + "\n".join(f"- {one}" for one in sentences or [NOTHING]) + more
    if _answered(gh, home, event.issue.number, mark):
        return "unchanged"
    _write(gh, home, event.issue.number, mark, body)
    return "created"


def _ends(folder: Path | None) -> Iterator[str]:
    """A sentence for each request, from its published run folder where there is one."""
    places = sorted(folder.glob("**/20*/validate.json")) if folder else []
    # By artifact: 'improve-run-1', and after it 'improve-run-published-1'.
    newest = {place.parent.parent.name.replace("published-", ""): place.parent for place in places}
    for place in newest.values():
        facts, publication = rundir.load(place, ReportFacts), rundir.load(place, Publication)
        known = rundir.load(place, Known)
        number = publication.number if publication else known.number if known else None
        which = f" It is pull request #{number}." if number else ""
        yield f"{plain(facts.headline) if facts else NOTHING}{which}"


def _answered(gh: Gh, home: str, issue: int, mark: str) -> bool:
    for page in range(1, MOST_PAGES + 1):
        path = f"repos/{home}/issues/{issue}/comments?per_page={PAGE}&page={page}"
        answer = get(gh, path)
        if answer.status != 200:
            raise ImproveError(
                f"{gh.host} answered the comments of {issue} with HTTP {answer.status}.", NEEDS
            )
        listed = understood(_CommentsAnswer, answer.body, "the comments").root
        if any((one.body or "").startswith(mark) for one in listed):
            return True
        if len(listed) < PAGE:
            break
    return False


def _write(gh: Gh, home: str, issue: int, mark: str, body: str) -> None:
    for tried in range(1, TRIES + 1):
        answer = send(gh, "POST", f"repos/{home}/issues/{issue}/comments", {"body": body})
        if answer.status == 201 or (answer.broken and _answered(gh, home, issue, mark)):
            return
        require_allowed(gh, answer)
        if not answer.limited and not answer.broken:
            raise ImproveError(
                f"{gh.host} took no comment (HTTP {answer.status}): {answer.said}",
                f"The job needs {NEEDS}; is the conversation locked?",
            )
        wait_or_give_up(gh, answer, tried)
