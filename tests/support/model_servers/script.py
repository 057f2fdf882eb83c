"""What a scripted model says: a list of turns, or a generator of them, that never ends by itself.

A request that was seen before (a retry, the non-streaming second try of a cut stream) is answered
with the same turn again: only a conversation that went on consumes a turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Call:
    """One tool call; ``arguments`` a JSON object, or a text to be sent as it is (malformed JSON)."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """Tokens of one turn. ``input`` holds neither what was read from the cache nor written to it."""

    input: int = 1000
    output: int = 50
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a turn.

    ``kind``: ``status`` (an error answer with ``status``, ``headers``), ``cut`` (the stream ends in
    its middle), ``stall`` (it stands still in its middle), ``silent`` (not even a first byte),
    ``refusal`` (the model declines), ``malformed`` (an event that is no JSON), ``page`` (a proxy's
    web page with status 200). ``times``: how many requests meet it before the turn is told as it
    is; None is for ever.
    """

    kind: str
    status: int = 500
    message: str = "scripted fault"
    code: str = ""  # the vendor's own word for it, where one status has several
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = None


@dataclass(frozen=True)
class Turn:
    """What the model says in one turn. ``answer`` is the structured answer, if one was asked for."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    answer: Any = None
    fault: Fault | None = None
    usage: Usage = Usage()


@dataclass(frozen=True)
class Seen:
    """One request: what arrived, and with which key. ``turn`` is None for calls beside the script."""

    method: str
    path: str  # without the query
    query: str
    headers: dict[str, str]  # names in lower case
    body: Any
    turn: int | None = None

    @property
    def key(self) -> str:
        """The key that came with it, whichever header held it."""
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix(
            "Bearer "
        )


Step = Turn | Callable[[Any], Turn]  # a function is given the request's body
END = Turn("I have nothing more to say.")


class Script:
    """Hands out turns; one instance serves any number of connections at once."""

    def __init__(self, turns: Iterable[Step]) -> None:
        self._turns: Iterator[Step] = iter(turns)
        self._told: dict[str, tuple[int, Turn]] = {}
        self._met: dict[str, int] = {}
        self._lock = threading.Lock()
        self.beyond = 0  # turns that were asked for after the last one

    @property
    def told(self) -> int:
        """How many turns were consumed."""
        return len(self._told)

    def say(self, turns: Iterable[Step]) -> None:
        """From now on these: for turns that can only be written when the world is there."""
        self._turns = iter(turns)

    def turn(self, conversation: str, body: Any) -> tuple[int, Turn]:
        """The turn that answers this conversation, and its number.

        ``conversation`` identifies what was said until now; the same text gets the same turn.
        """
        with self._lock:
            if conversation not in self._told:
                step = next(self._turns, None)
                self.beyond += step is None
                turn = END if step is None else step(body) if callable(step) else step
                self._told[conversation] = len(self._told), turn
            number, turn = self._told[conversation]
            met = self._met[conversation] = self._met.get(conversation, 0) + 1
        fault = turn.fault
        if fault and fault.times is not None and met > fault.times:
            turn = replace(turn, fault=None)
        return number, turn
