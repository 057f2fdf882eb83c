"""A decision, and the rules that it is made by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

MOST = 20  # requests of one decision: jobs that start at once
OURS = ("fix/", "repro/")  # branches that this toolkit makes


@dataclass(frozen=True)
class Rules:
    """What a team may set. ``bots``: logins in small letters that may start a fix after all."""

    threshold: int = 2
    bots: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Start:
    """One request to run. ``about`` says which failure: two of the same do not run at once."""

    request: dict[str, object]
    about: str

    @property
    def key(self) -> str:
        """``about`` as a short word, fit for a group of GitHub's ``concurrency``."""
        return hashlib.sha256(self.about.encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class Decision:
    """``reason`` is one sentence. ``answer``: whoever asked may be told by a comment."""

    go: bool
    reason: str
    starts: tuple[Start, ...] = field(default=())
    answer: bool = False

    @property
    def matrix(self) -> str:
        """The ``include`` of a matrix as JSON on one line: id, key, request (itself JSON)."""
        rows = [
            {"id": str(number), "key": one.key, "request": json.dumps(one.request)}
            for number, one in enumerate(self.starts, 1)
        ]
        return json.dumps(rows)


class Refused(Exception):
    """Nothing is started. ``answer``: whoever asked may be told why."""

    def __init__(self, reason: str, answer: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


def require(condition: bool, reason: str, answer: bool = True) -> None:
    """Raises: Refused for ``reason`` unless ``condition``."""
    if not condition:
        raise Refused(reason, answer)
