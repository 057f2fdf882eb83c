"""What is given to a forge, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["created", "updated", "unchanged", "kept_local", "pushed"]


@dataclass(frozen=True)
class Draft:
    """A commit to publish. ``text`` is the whole pull-request file, front matter and all."""

    branch: str
    base: str
    commit: str
    title: str
    text: str
    trailer: str  # by which a branch is known to be ours
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """What was done. ``by_hand`` is the command for what could not be."""

    outcome: Outcome
    reason: str
    forge: Literal["local", "github"] = "local"
    pushed_to: str = ""
    url: str = ""
    number: int | None = None
    by_hand: str = ""
    notes: tuple[str, ...] = ()
