"""Counts the tokens of every answer of one session, once each, as they come.

A whole answer's message carries only what was known at its beginning; the number of tokens that
were written stands in the closing event of its stream. An answer that broke off was still read
and begun, so it counts with what is known of it. What the program asked for beside the
conversation is seen in its closing totals alone.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from improve.agents.meter import Meter
from improve.agents.prices import DATED
from improve.errors import OutOfBudget
from improve.records.usage import Usage

# Our names, the Messages API's, and those of the program's closing totals.
KINDS = (
    ("input_tokens", "input_tokens", "inputTokens"),
    ("cache_read_tokens", "cache_read_input_tokens", "cacheReadInputTokens"),
    ("cache_write_tokens", "cache_creation_input_tokens", "cacheCreationInputTokens"),
    ("output_tokens", "output_tokens", "outputTokens"),
)
OWN_WORDS = "<synthetic>"  # messages that the program makes up itself, about an error


@dataclass
class _Open:
    identity: str
    model: str
    used: dict[str, int]
    calls: list[str] = field(default_factory=list)


@dataclass
class Counting:
    """``answers``: how many there were; ``calls``: ids of tool calls whose answer is counted."""

    meter: Meter
    answers: int = 0
    calls: set[str] = field(default_factory=set)
    _open: _Open | None = None
    _counted: set[str] = field(default_factory=set)
    _totals: Counter[str] = field(default_factory=Counter)

    def event(self, event: Mapping[str, Any]) -> None:
        """One event of an answer's stream. Raises: OutOfBudget."""
        kind = event.get("type")
        if kind == "message_start":
            self.close()
            message = event["message"]
            self._open = _Open(message["id"], message["model"], _known(message.get("usage")))
        elif self._open is None:
            return
        elif kind == "content_block_start" and event["content_block"].get("type") == "tool_use":
            self._open.calls.append(event["content_block"]["id"])
        elif kind == "message_delta":
            self._open.used.update(_known(event.get("usage")))
            self.close()

    def whole(self, identity: str, model: str, usage: object, calls: list[str]) -> None:
        """A message as it stands in the conversation. Raises: OutOfBudget."""
        if identity in self._counted:
            self.calls.update(calls)
            return
        used = _known(usage)
        if self._open is None or self._open.identity != identity:
            if model == OWN_WORDS:
                return
            self.close()
            self._open = _Open(identity, model, used, calls)
            self.close()
            return
        for kind, number in used.items():
            self._open.used[kind] = max(number, self._open.used.get(kind, 0))

    def close(self) -> None:
        """Count the answer that is under way, if one is. Raises: OutOfBudget."""
        if self._open is None:
            return
        one, self._open = self._open, None
        self.answers += 1
        self.calls.update(one.calls)
        self._counted.add(one.identity)
        self._add(one.model, one.used)

    def settle(self) -> None:
        """The same at the end of everything, when a limit that it reaches stops nothing more."""
        with contextlib.suppress(OutOfBudget):
            self.close()

    def totals(self, by_model: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Add what the program's closing totals hold beyond what was seen. Raises: OutOfBudget."""
        self.close()
        for model, told in (by_model or {}).items():
            beyond = {
                ours: int(told.get(theirs) or 0) - self._totals[f"{_plain(model)} {ours}"]
                for ours, _, theirs in KINDS
            }
            # Output alone is a rounding of broken answers: a call that was not seen was read, too.
            if any(number > 0 for kind, number in beyond.items() if kind != "output_tokens"):
                self._add(model, {kind: max(0, number) for kind, number in beyond.items()})

    def _add(self, model: str, used: dict[str, int]) -> None:
        for kind, number in used.items():
            self._totals[f"{_plain(model)} {kind}"] += number
        self.meter.add(Usage(model=model, **used))


def _known(usage: object) -> dict[str, int]:
    given = usage if isinstance(usage, Mapping) else {}
    found = {ours: given.get(theirs) for ours, theirs, _ in KINDS}
    return {ours: number for ours, number in found.items() if isinstance(number, int)}


def _plain(model: str) -> str:
    return DATED.sub("", model)
