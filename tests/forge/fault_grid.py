"""What GitHub may do wrong, where, and what we owe the user then: the rows of the fault table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

AT_ONCE = {"retry-after": "0"}
SLOW = 2.0  # seconds that a slow answer takes; the table waits for LESS
LESS = 0.8


@dataclass(frozen=True)
class Owed:
    """What a run owes when it meets a fault."""

    code: int
    what: str  # in the error's first line
    cure: str  # in what it says next
    tries: int | None  # requests at this place; None: at most five


@dataclass(frozen=True)
class Place:
    """One endpoint that the product asks. ``asked`` and ``doing`` are how a refusal names it."""

    name: str
    verb: str
    method: str
    path: str  # in the address, which tells the request from the others
    asked: str
    doing: str
    gone: str  # how a 404 or 410 is told
    unseen: str = "`gh auth status` shows who you are"  # what is to be done about a 404
    url_end: str = ""
    by_hand: str = ""  # how the user finishes it; '' where nothing is left to publish


@dataclass(frozen=True)
class Row:
    """A fault at a place, and what is owed."""

    place: Place
    fault: str
    owed: Owed

    def __str__(self) -> str:
        return f"{self.place.name}-{self.fault}"


OPEN_IT = "gh pr create --draft --repo acme/shop --base main --head acme:fix/shop"
PUSH_IT = f"git push origin fix/shop && {OPEN_IT}"
MAY_NOT = "Your token may not write there"
RUNS, PULLS = "repos/acme/shop/actions/", "repos/acme/shop/pulls"
READ, OPEN = "reading this run", "opening a pull request"
LOGS = RUNS + "jobs/31/logs"
PLACES = (
    Place("run", "fetch-logs", "GET", "/runs/7", RUNS + "runs/7", READ, "shows no run 7 in acme/shop"),
    Place("attempt", "fetch-logs", "GET", "/attempts/1", RUNS + "runs/7/attempts/1", READ,
          "shows no run 7, attempt 1 in acme/shop", url_end="/attempts/1"),
    Place("jobs", "fetch-logs", "GET", "/attempts/1/jobs", RUNS + "runs/7/attempts/1/jobs", READ,
          "shows no jobs of run 7, attempt 1 in acme/shop"),
    Place("log", "fetch-logs", "GET", "/jobs/31/logs", LOGS, READ, "log of job 31 (test)"),
    Place("stored log", "fetch-logs", "GET", "/blob/31", LOGS, READ, "log of job 31 (test)"),
    Place("repository", "publish", "GET", "/repos/acme/shop", "repos/acme/shop", OPEN,
          "shows no repository acme/shop", by_hand=PUSH_IT),
    Place("commit", "publish", "GET", "/commits/", "repos/acme/shop/commits/", OPEN, "answered asking for",
          by_hand=PUSH_IT),
    Place("pulls", "publish", "GET", "/pulls", PULLS, OPEN, "answered listing pull requests with HTTP",
          MAY_NOT, by_hand=PUSH_IT),
    Place("open", "publish", "POST", "/pulls", PULLS, OPEN, "answered opening a pull request with HTTP",
          MAY_NOT, by_hand=f"in the target: {OPEN_IT}"),
    Place("change", "publish", "PATCH", "/pulls/1", PULLS + "/1", "changing pull request 1",
          "answered changing pull request 1 with HTTP", MAY_NOT,
          by_hand="gh api -X PATCH repos/acme/shop/pulls/1 "
                  "-f 'title=UNVERIFIED: fix(shop): ValueError in test_a' -F body=@"),
)  # fmt: skip
TOKEN_NEEDS = {"fetch-logs": "`Actions: read`", "publish": "`Pull requests: write`"}
LIMIT = "You have exceeded a secondary rate limit"
FAULTS: dict[str, dict[str, Any]] = {
    "401": {"status": 401, "message": "Bad credentials"},
    "403": {"status": 403, "message": "Resource not accessible by integration"},
    "retry-after": {"status": 429, "message": LIMIT, "headers": AT_ONCE},
    "reset": {"status": 403, "message": "API rate limit exceeded"},
    "404": {"status": 404, "message": "Not Found"},
    "410": {"status": 410, "message": "Gone"},
    "502": {"status": 502, "message": "Bad Gateway", "headers": AT_ONCE},
    "cut": {"kind": "cut", "headers": AT_ONCE},
    "page": {"kind": "page"},
    "empty": {"kind": "empty"},
    "slow": {"kind": "slow", "seconds": SLOW},
}
FAILED = "answered with a failure of its own (try 5 of 5, HTTP {status})"
DONE = Owed(0, "", "", None)


def fault(row: Row) -> dict[str, Any]:
    """The arguments of a ``Fault``; a limit ends half an hour from now."""
    name = row.fault
    if name != "reset":
        return FAULTS[name]
    reset = str(int(time.time()) + 1790)
    return {**FAULTS[name], "headers": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}}


def rows() -> Iterator[Row]:
    """The whole table, but for what cannot be: a redirect has no body, the log store no hourly limit."""
    for place in PLACES:
        special = _special(place)
        for name in FAULTS:
            if (place.name, name) not in (("log", "cut"), ("stored log", "reset")):
                yield Row(place, name, special.get(name) or _owed(place)[name])


def _owed(place: Place) -> Mapping[str, Owed]:
    asked = f"; asked for {place.asked}"
    strange = Owed(1, "is not what GitHub describes", "proxy's sign-in page", 1)
    return {
        "401": Owed(4, f"did not accept who we are: Bad credentials (HTTP 401){asked}", "gh auth login", 1),
        "403": Owed(4, f"forbids {place.doing}: Resource not accessible by integration (HTTP 403){asked}",
                    TOKEN_NEEDS[place.verb], 1),
        "retry-after": Owed(1, f"limits our requests (try 5 of 5): {LIMIT} (HTTP 429){asked}", "In 1 minute, go", 5),
        "reset": Owed(1, f"limits our requests (try 1 of 5): API rate limit exceeded (HTTP 403){asked}",
                      "In 30 minutes, go", 1),
        "404": Owed(1, place.gone, place.unseen, 1),
        "410": Owed(1, place.gone, "", 1),
        "502": Owed(1, f"{FAILED.format(status=502)}: Bad Gateway (HTTP 502){asked}", "githubstatus", 5),
        "cut": Owed(1, f"{FAILED.format(status=200)}: unexpected EOF{asked}", "githubstatus", 5),
        "page": strange,
        "empty": strange,
        "slow": Owed(1, f"was not reached (try 5 of 5): nothing came for {LESS:g} s{asked}", "Check the network", 5),
    }  # fmt: skip


def _special(place: Place) -> Mapping[str, Owed]:
    """Where a place differs from the others."""
    if place.verb == "fetch-logs" and place.asked == LOGS:
        return _logs(place)
    if place.name == "commit":
        return {
            "404": Owed(1, "of main, which acme/shop does not have yet", "Push what is below it", 1)
        }
    if place.name == "open":
        # It was opened, only the answer did not come: it is looked for, not opened twice.
        return {"cut": replace(DONE, tries=1), "slow": DONE}
    return {}


def _logs(place: Place) -> Mapping[str, Owed]:
    made = {
        "404": Owed(1, "There is no log of job 31 (test) (HTTP 404)", "runner may have been lost", 1),
        "410": Owed(1, "log of job 31 (test) has expired and was deleted", "Run the job again", 1),
        "page": Owed(1, "What came as the log of job 31 (test) is a web page", "proxy's sign-in page", 1),
        "empty": Owed(1, "log of job 31 (test) came empty", "wait a minute", 1),
    }  # fmt: skip
    if place.name == "log":
        return made
    # The store's link is good for minutes; its refusal says nothing about our token.
    refused = {
        name: Owed(1, FAILED.format(status=name), "githubstatus", 5) for name in ("401", "403", "502")
    }  # fmt: skip
    limited = Owed(1, "limits our requests (try 5 of 5): HTTP 429", "In 1 minute, go", 5)
    return made | refused | {"retry-after": limited}
