"""The Messages API as Anthropic's clients meet it: streams, tools, structured answers, faults.

Held against the types and the stream parser of the package `anthropic` 2.11, and against what the
claude program accepts. Requests beside the conversation (a title for the session, token counts) are
answered and consume no turn; they are known by having no tools.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from tests.support.model_servers import http
from tests.support.model_servers.anthropic_request import check
from tests.support.model_servers.http import Answer, Malformed, ModelServer
from tests.support.model_servers.script import Fault, Script, Seen, Step, Turn, Usage

IDS = itertools.count()  # each answer has an id of its own, tries of one request included
STRUCTURED = "StructuredOutput"  # the tool by which the claude program asks for JSON
# https://docs.anthropic.com/en/api/errors
ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error",
    529: "overloaded_error",
}  # fmt: skip


def serve(turns: Iterable[Step]) -> AbstractContextManager[ModelServer]:
    """A scripted Claude; set ANTHROPIC_BASE_URL to its ``url``."""
    return http.serve(protocol, Script(turns))


def protocol(script: Script, seen: Seen) -> Answer:
    """The answer to one request. Raises: Malformed."""
    if seen.method == "HEAD":
        return Answer(200, "")
    if seen.path == "/v1/messages/count_tokens":
        return Answer(200, {"input_tokens": max(1, len(json.dumps(seen.body)) // 4)})
    if (seen.method, seen.path) != ("POST", "/v1/messages"):
        return _error(Fault("status", 404, f"no such path: {seen.path}"))
    if not seen.key:
        return _error(Fault("status", 401, "x-api-key header is required"))
    if "anthropic-version" not in seen.headers:
        raise Malformed("headers: anthropic-version is required")
    check(seen.body)
    if not seen.body.get("tools"):
        return _told(seen.body, _beside(seen.body), None, None)
    number, turn = script.turn(_conversation(seen.body), seen.body)
    if turn.fault and turn.fault.kind == "status":
        return _error(turn.fault, number)
    return _told(seen.body, turn, number, turn.fault)


def _error(fault: Fault, number: int | None = None) -> Answer:
    kind = fault.code or ERRORS.get(fault.status, "api_error")
    body = {
        "type": "error",
        "error": {"type": kind, "message": fault.message},
        "request_id": "req_scripted",
    }
    return Answer(fault.status, body, headers=fault.headers, turn=number)


def _beside(body: dict[str, Any]) -> Turn:
    wanted = body.get("output_config", {}).get("format", {}).get("schema", {})
    return Turn(json.dumps({name: "scripted" for name in wanted.get("properties", {})}))


def _conversation(body: dict[str, Any]) -> str:
    # Reminders (role system) and cache marks differ between the tries of one request.
    said = [
        (message["role"], _without_marks(message["content"]))
        for message in body["messages"]
        if message["role"] != "system"
    ]
    text = json.dumps([body.get("metadata"), said], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_marks(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_marks(v) for k, v in value.items() if k != "cache_control"}
    return [_without_marks(item) for item in value] if isinstance(value, list) else value


def _told(body: dict[str, Any], turn: Turn, number: int | None, fault: Fault | None) -> Answer:
    blocks = _blocks(body, turn, number)
    reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    if fault and fault.kind == "refusal":
        blocks, reason = [], "refusal"
    message = {
        "id": f"msg_{next(IDS)}", "type": "message",
        "role": "assistant", "model": body["model"], "content": blocks, "stop_reason": reason,
        "stop_sequence": None, "usage": _usage(turn.usage),
    }  # fmt: skip
    if body.get("stream"):
        return Answer(events=list(_events(message)), fault=fault, turn=number)
    return Answer(body=message, fault=fault, turn=number)


def _blocks(body: dict[str, Any], turn: Turn, number: int | None) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text else []
    calls = [(call.name, call.arguments) for call in turn.calls]
    if turn.answer is not None:
        if STRUCTURED in {tool["name"] for tool in body.get("tools", ())}:
            calls.append((STRUCTURED, turn.answer))
        else:
            blocks.append({"type": "text", "text": json.dumps(turn.answer)})
    for place, (name, arguments) in enumerate(calls):
        identity = f"toolu_{number}_{place}"
        blocks.append({"type": "tool_use", "id": identity, "name": name, "input": arguments})
    return blocks


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    }


def _events(message: dict[str, Any]) -> Iterator[bytes]:
    begun = {**message, "content": [], "stop_reason": None}
    begun["usage"] = {**message["usage"], "output_tokens": 1}
    yield _event("message_start", message=begun)
    yield _event("ping")
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block)
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage=message["usage"])
    yield _event("message_stop")


def _block_events(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    if block["type"] == "text":
        begun, kind, field, whole = {**block, "text": ""}, "text_delta", "text", block["text"]
    else:
        given = block["input"]
        whole = given if isinstance(given, str) else json.dumps(given)
        begun, kind, field = {**block, "input": {}}, "input_json_delta", "partial_json"
    yield _event("content_block_start", index=index, content_block=begun)
    half = len(whole) // 2
    for piece in (whole[:half], whole[half:]):
        yield _event("content_block_delta", index=index, delta={"type": kind, field: piece})
    yield _event("content_block_stop", index=index)


def _event(kind: str, **values: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **values})}\n\n".encode()
