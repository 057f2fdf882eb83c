"""What every room of the loopback GitHub needs to answer: the request as read, and an answer."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.github_published import example
from tests.support.github_state import DOCS, GitHub

MOST_A_PAGE = 100


@dataclass(frozen=True)
class Asked:
    """A request. ``at`` are the variable parts of its path, ``body`` its JSON."""

    path: str
    query: dict[str, str]
    at: dict[str, str]
    body: Any = None

    def number(self, name: str) -> int:
        """A part of the path as a number; -1, which nothing has, when it is none."""
        return int(self.at[name]) if self.at[name].isdecimal() else -1


@dataclass(frozen=True)
class Answer:
    """An answer. ``body`` None: no JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Room = dict[str, Callable[[GitHub, Asked], Answer]]  # by operationId


def refused(status: int, message: str, errors: Sequence[dict[str, str]] = ()) -> Answer:
    """An error in GitHub's words."""
    told: dict[str, Any] = {"message": message, "documentation_url": DOCS}
    told |= {} if status == 422 else {"status": str(status)}
    told |= {"errors": list(errors)} if errors else {}
    return Answer(status, told)


def not_found() -> Answer:
    return refused(404, "Not Found")


def elsewhere(place: str) -> Answer:
    """A redirect to where the bytes lie."""
    return Answer(302, None, {"Location": place})


def page(asked: Asked, items: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
    """The part of ``items`` that was asked for, and the header that names the next page."""
    size = min(int(asked.query.get("per_page", 30)), MOST_A_PAGE)
    number = int(asked.query.get("page", 1))
    shown = list(items[(number - 1) * size : number * size])
    if number * size >= len(items):
        return shown, {}
    query = urlencode({**asked.query, "page": number + 1})
    return shown, {"Link": f'<https://api.github.com{asked.path}?{query}>; rel="next"'}


def user(login: str) -> dict[str, Any]:
    """A person, or a bot where the name says so."""
    made: dict[str, Any] = example(
        "repos/get-collaborator-permission-level", 200, "-", ("octocat", login)
    )["user"]
    kind = "Bot" if login.endswith("[bot]") else "User"
    made |= {"id": zlib.crc32(login.encode()), "type": kind}
    return made
