"""Decide whether the event that started this workflow starts a fix, and of what.

Runs with a token that reads, before any of the target's code is there. Everything in the event
that somebody typed (a comment, a branch, a name) is data; whatever can have changed since is asked
of GitHub again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from improve.context import Budget
from improve.contract.trigger_event import CommentEvent, RunEvent, read_event
from improve.errors import RequestError
from improve.forge.gh import Gh
from improve.triggers import asked_by_comment, failed_run, started_by_hand
from improve.triggers.decision import Decision, Refused, Rules, require
from improve.triggers.surroundings import event_content, home_of, host_of

SECONDS = 300.0
THRESHOLD = "IMPROVE_FAILURES_IN_A_ROW"
BOTS = "IMPROVE_ALLOWED_BOTS"
NEEDS = "`actions: read`, `contents: read` and `pull-requests: read`"


def run(environ: Mapping[str, str], tell: Callable[[str], None] = lambda _text: None) -> Decision:
    """The decision about GITHUB_EVENT_NAME with the payload at GITHUB_EVENT_PATH.

    ``tell`` hears of what is waited for.
    Raises: RequestError for an event that is none of ours, or rules or inputs that are not valid;
    what ``gh.get`` raises when GitHub cannot be asked: then nothing is decided.
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    if name == "workflow_dispatch":
        return started_by_hand.decide(environ)
    home, content, rules = home_of(environ), event_content(environ), _rules(environ)
    gh = Gh(host_of(environ), Budget.of(SECONDS), tell, "deciding", NEEDS)
    try:
        if name == "workflow_run":
            failed = read_event(RunEvent, content)
            _require_home(failed.repository.full_name, home)
            return failed_run.decide(gh, home, failed, rules)
        if name == "issue_comment":
            asked = read_event(CommentEvent, content)
            _require_home(asked.repository.full_name, home)
            return asked_by_comment.decide(gh, home, asked, rules)
    except Refused as refused:
        told = refused.answer and name == "issue_comment"
        return Decision(False, refused.reason, answer=told)
    raise RequestError(
        f"GITHUB_EVENT_NAME: {name[:80]!a} starts no fix.",
        "There is: workflow_dispatch, workflow_run, issue_comment.",
    )


def _require_home(told: str, home: str) -> None:
    require(told.lower() == home.lower(), "The event is of another repository.", answer=False)


def _rules(environ: Mapping[str, str]) -> Rules:
    text = environ.get(THRESHOLD, "").strip() or str(Rules.threshold)
    if not re.fullmatch(r"[1-9][0-9]?", text):
        raise RequestError(
            f"{THRESHOLD}: {text[:40]!a} is no number from 1 to 99.",
            "Correct the repository's variable AUTO_FIX_FAILURES_IN_A_ROW, or remove it.",
        )
    bots = environ.get(BOTS, "").replace(",", " ").lower().split()
    return Rules(int(text), frozenset(bots))
