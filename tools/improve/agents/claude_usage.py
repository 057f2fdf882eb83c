"""Follows the answers of one session as the program tells them: how many, and with which calls.

What they cost is counted where they come in (``workbench/keyproxy_usage``), before the program has
them; here the run's limits are asked after each, so that the session ends when one is reached. An
answer that broke off was still begun, so it is one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from improve.agents.meter import Meter
from improve.errors import OutOfBudget

OWN_WORDS = "<synthetic>"  # messages that the program makes up itself, about an error


@dataclass
class _Open:
    identity: str
    calls: list[str] = field(default_factory=list)


@dataclass
class Counting:
    """``answers``: how many there were; ``calls``: ids of tool calls whose answer is counted."""

    meter: Meter
    answers: int = 0
    calls: set[str] = field(default_factory=set)
    _open: _Open | None = None
    _counted: set[str] = field(default_factory=set)

    def event(self, event: Mapping[str, Any]) -> None:
        """One event of an answer's stream. Raises: OutOfBudget."""
        kind = event.get("type")
        if kind == "message_start":
            self.close()
            self._open = _Open(event["message"]["id"])
        elif self._open is None:
            return
        elif kind == "content_block_start" and event["content_block"].get("type") == "tool_use":
            self._open.calls.append(event["content_block"]["id"])
        elif kind == "message_delta":
            self.close()

    def whole(self, identity: str, model: str, calls: list[str]) -> None:
        """A message as it stands in the conversation. Raises: OutOfBudget."""
        if identity in self._counted:
            self.calls.update(calls)
        elif (self._open is None or self._open.identity != identity) and model != OWN_WORDS:
            self.close()
            self._open = _Open(identity, calls)
            self.close()

    def close(self) -> None:
        """Count the answer that is under way, if one is. Raises: OutOfBudget."""
        if self._open is None:
            return
        one, self._open = self._open, None
        self.answers += 1
        self.calls.update(one.calls)
        self._counted.add(one.identity)
        self.meter.check()

    def settle(self) -> None:
        """The same at the end of everything, when a limit that it reaches stops nothing more."""
        with contextlib.suppress(OutOfBudget):
            self.close()
