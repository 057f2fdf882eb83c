"""What an answer used, read while it passes by: so it is counted whoever asked.

Anthropic tells at the beginning of a stream what was read and in its last delta what was written;
OpenAI tells at the end, in a stream of chat completions only who asks for it. What was broken off,
or not told, is counted by its length, four signs a token: rather too much than for nothing.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Generator, Iterator, Mapping
from typing import Any, Protocol

from improve.errors import OutOfBudget
from improve.records.usage import Usage
from improve.workbench.outgoing import LARGEST
from improve.workbench.services import ANTHROPIC, Service

AROUND = 100  # bytes of a stream's event around its text
# Our names, and those of the Messages API.
KINDS = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "output_tokens": "output_tokens",
}


class Purse(Protocol):
    """Where answers are written down. Both raise OutOfBudget when a limit is reached."""

    def check(self) -> None: ...
    def add(self, usage: Usage) -> object: ...


class Till:
    """Writes down what the answers of one proxy use; without a ``purse`` nowhere."""

    def __init__(self, purse: Purse | None) -> None:
        self.purse, self._lock, self._open = purse, threading.Lock(), set[Reading]()

    def check(self) -> None:
        """Raises: OutOfBudget when nothing more may be asked for."""
        if self.purse:
            self.purse.check()

    def along(self, pieces: Iterator[bytes], reading: Reading) -> Generator[bytes, None, None]:
        """The same pieces, written down before the agent has them and may ask again."""
        with self._lock:
            self._open.add(reading)
        try:
            for piece in pieces:
                with self._lock:
                    reading.hear(piece)
                    self._book(reading.due())
                yield piece
        finally:  # it also ends here when either side breaks off
            self._end(reading)

    def close(self) -> None:
        """Of what is still under way, what is known: nobody will hear the rest of it."""
        for reading in list(self._open):
            self._end(reading)

    def _end(self, reading: Reading) -> None:
        with self._lock:
            if reading in self._open:
                self._open.remove(reading)
                self._book(reading.due(over=True))

    def _book(self, usage: Usage | None) -> None:
        if usage and self.purse:
            with contextlib.suppress(OutOfBudget):  # it is told to the next who asks
                self.purse.add(usage)


class Reading:
    """One answer to a request of ``sent`` bytes to ``model``; ``kind`` is its content type."""

    def __init__(self, service: Service, model: str, sent: int, kind: str) -> None:
        self.service, self.model, self.sent = service, model, sent
        self.stream = kind.lower().startswith("text/event-stream")
        self._rest = bytearray()
        self._told: dict[str, int] = {}
        self._booked: dict[str, int] = {}
        self._length = 0  # of what was written, in tokens
        self._final = False

    def hear(self, piece: bytes) -> None:
        """The next bytes of the answer."""
        self._rest += piece
        if self.stream and b"\n" in piece:
            *lines, rest = self._rest.split(b"\n")
            self._rest = rest
            for line in lines:
                self._line(bytes(line))
        if len(self._rest) > LARGEST:
            self._length += len(self._rest) // 4
            self._rest.clear()

    def due(self, *, over: bool = False) -> Usage | None:
        """What is to be written down now; ``over``: nothing more is heard, for whatever reason."""
        if over:
            self._line(bytes(self._rest)) if self.stream else self._whole()
            self._rest.clear()
            self._guess()
        if not self._final:
            return None
        more = {kind: number - self._booked.get(kind, 0) for kind, number in self._told.items()}
        if not any(number > 0 for number in more.values()):
            return None
        first, self._booked = not self._booked, dict(self._told)
        return Usage(
            model=self.model,
            requests=int(first),
            **{kind: max(0, number) for kind, number in more.items()},
        )

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            if b"delta" in line:  # as both vendors call a piece of text
                self._length += max(1, (len(line) - AROUND) // 4)
            if b'"usage"' in line:
                self._object(_json(line[5:]))

    def _whole(self) -> None:
        found = _json(bytes(self._rest))
        if isinstance(found, dict):  # not the web page of a proxy between
            self._length += len(self._rest) // 4 + 1
            self._object(found)

    def _object(self, found: Any) -> None:
        for holder in _holders(found):
            usage = holder.get("usage")
            if isinstance(usage, dict):
                told = _anthropic(usage) if self.service is ANTHROPIC else _openai(usage)
                self._told.update(told)
                self._final = self._final or (bool(told) and found.get("type") != "message_start")

    def _guess(self) -> None:
        if self._final or not (self._length or self._told):
            return
        self._final = True
        if not self._told:
            self._told["input_tokens"] = self.sent // 4 + 1
        self._told["output_tokens"] = max(self._length, self._told.get("output_tokens", 0))


def _holders(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        inside = (found, found.get("message"), found.get("response"))
        yield from (one for one in inside if isinstance(one, dict))


def _anthropic(usage: Mapping[str, Any]) -> dict[str, int]:
    return _numbers({ours: usage.get(theirs) for ours, theirs in KINDS.items()})


def _openai(usage: Mapping[str, Any]) -> dict[str, int]:
    """Of the Responses API, or of chat completions. There the input holds what the cache had."""
    details = usage.get("input_tokens_details") or usage.get("prompt_tokens_details") or {}
    told = _numbers({
        "input_tokens": usage.get("input_tokens", usage.get("prompt_tokens")),
        "cache_read_tokens": details.get("cached_tokens"),
        "cache_write_tokens": details.get("cache_write_tokens"),
        "output_tokens": usage.get("output_tokens", usage.get("completion_tokens")),
    })  # fmt: skip
    if "input_tokens" in told:
        cached = told.get("cache_read_tokens", 0) + told.get("cache_write_tokens", 0)
        told["input_tokens"] = max(0, told["input_tokens"] - cached)
    return told


def _numbers(given: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in given.items() if isinstance(value, int) and value >= 0}


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
