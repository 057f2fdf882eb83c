"""The SDK's model, asked again when that helps, counted before and after, and written down.

Streamed where a stream tells its own end: a connection that stands still is noticed, and no proxy
on the way grows tired of a long silence. Chat completions are taken whole: the SDK takes a stream
of a gateway that broke off for a complete answer (``require_finish_reason`` is for OpenAI alone).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx2
from agents.models.interface import Model
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseStreamEvent,
)

from agents import ModelResponse, OpenAIResponsesModel
from agents import Usage as SdkUsage
from improve.agents.meter import Meter
from improve.agents.openai_faults import trouble
from improve.agents.protocol import AgentFault
from improve.agents.transcript import Write
from improve.errors import OutOfBudget
from improve.records.usage import Usage

TRIES = 4
BROKE_OFF = (ResponseFailedEvent, ResponseIncompleteEvent)


class Said(NamedTuple):
    """One answer; ``usage`` has the names of the Responses API, None when none was told."""

    output: list[Any]
    usage: Any
    identity: str | None


class Counted(Model):
    """``inner``, with our limits around every request.

    ``turns``: answers until now. ``waiting``: since when (monotonic) nothing has come from the
    service, None between requests. ``trouble``: what the last try of a request met.
    No dataclass: the SDK copies those deeply, the open connection with them.
    """

    def __init__(
        self, inner: Model, name: str, meter: Meter, seconds_left: Callable[[], float], say: Write
    ) -> None:
        self.inner, self.name, self.meter = inner, name, meter
        self.streamed = isinstance(inner, OpenAIResponsesModel)
        self.seconds_left, self.say, self.turns = seconds_left, say, 0
        self.waiting: float | None = None
        self.trouble: AgentFault | None = None

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """One answer. Raises: AgentFault."""
        for tries in range(1, TRIES + 1):
            try:
                self.meter.check()
                said = await self._said(*args, **kwargs)
                break
            except OutOfBudget as error:
                raise AgentFault("limit", error.what, error.cure) from error
            except Exception as error:
                met = trouble(error, tries)
                self.trouble = met.fault
                self.say("fault", {"kind": met.fault.kind, "what": met.fault.what, "try": tries})
                if met.wait is None or tries == TRIES or met.wait >= self.seconds_left():
                    raise met.fault from error
                self.waiting = None
                await asyncio.sleep(met.wait)
        self.trouble = self.waiting = None
        return self._counted(said, args, kwargs)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[ResponseStreamEvent]:
        """Not for us: the answers of a stream would pass by uncounted."""
        raise AssertionError("answers are taken whole")

    async def _said(self, *args: Any, **kwargs: Any) -> Said:
        self.waiting = time.monotonic()
        if not self.streamed:
            whole = await self.inner.get_response(*args, **kwargs)
            told = whole.usage if whole.usage.total_tokens else None
            return Said(whole.output, told, whole.response_id)
        async for event in self.inner.stream_response(*args, **kwargs):
            self.waiting = time.monotonic()
            if isinstance(event, ResponseCompletedEvent):
                return Said(event.response.output, event.response.usage, event.response.id)
            if isinstance(event, BROKE_OFF) and (used := event.response.usage):
                self.meter.add(_usage(self.name, used, "", ""))  # no answer, and yet on the bill
        raise httpx2.RemoteProtocolError("the answer ended before it was complete")

    def _counted(self, said: Said, args: Any, kwargs: Any) -> ModelResponse:
        self.turns += 1
        output = [item.model_dump(mode="json", exclude_unset=True) for item in said.output]
        used = _usage(self.name, said.usage, (args, kwargs), output)
        self.say("answer", {"output": output, "usage": used.model_dump(mode="json")})
        try:
            self.meter.add(used)
        except OutOfBudget as error:
            raise AgentFault("limit", error.what, error.cure) from error
        for item in said.output:
            for part in item.content if isinstance(item, ResponseOutputMessage) else ():
                if isinstance(part, ResponseOutputRefusal):
                    raise AgentFault("refused", f"the model declined: {part.refusal}"[:500])
        return ModelResponse(said.output, SdkUsage(requests=1), said.identity)


def _usage(name: str, told: Any, given: object, got: object) -> Usage:
    """What an answer used. A gateway that does not tell is counted by length, four signs a token."""
    if told is None:
        read, wrote = len(str(given)) // 4 + 1, len(str(got)) // 4 + 1
        return Usage(model=name, input_tokens=read, output_tokens=wrote)
    details = told.input_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    wrote = (getattr(details, "cache_write_tokens", 0) or 0) if details else 0
    return Usage(
        model=name, input_tokens=max(0, told.input_tokens - cached - wrote), cache_read_tokens=cached,
        cache_write_tokens=wrote, output_tokens=told.output_tokens,
    )  # fmt: skip
