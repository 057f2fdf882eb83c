"""Chat completions, for gateways that speak nothing else: requests checked, a turn told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.model_servers.http import Malformed
from tests.support.model_servers.script import Turn, Usage

ROLES = ("system", "developer", "user", "assistant", "tool")


def check(body: dict[str, Any]) -> Any:
    """What was said until now. Raises: Malformed with the place and what was expected there."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Malformed("messages: expected a list that is not empty")
    asked: set[str] = set()
    for place, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES:
            raise Malformed(f"messages[{place}].role: expected one of {ROLES}")
        if role == "tool" and message.get("tool_call_id") not in asked:
            raise Malformed(f"messages[{place}].tool_call_id: expected the id of a call before it")
        asked -= {message.get("tool_call_id")}
        asked |= {call["id"] for call in message.get("tool_calls") or ()}
    if asked:
        raise Malformed(f"messages: expected an answer for the calls {sorted(asked)}")
    for place, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") != "function" or "name" not in tool.get("function", {}):
            raise Malformed(f"tools[{place}]: expected a function; there are no others here")
    return messages


def body(request: dict[str, Any], turn: Turn, number: int) -> dict[str, Any]:
    """The completion that tells ``turn``."""
    refused = turn.fault.message if turn.fault and turn.fault.kind == "refusal" else None
    text = json.dumps(turn.answer) if turn.answer is not None else turn.text
    calls = [
        {"id": f"call_{number}_{place}", "type": "function",
         "function": {"name": call.name, "arguments": call.arguments if isinstance(call.arguments, str)
                      else json.dumps(call.arguments)}}
        for place, call in enumerate(() if refused else turn.calls)
    ]  # fmt: skip
    message: dict[str, Any] = {
        "role": "assistant", "content": None if refused else text or None, "refusal": refused,
    }  # fmt: skip
    if calls:
        message["tool_calls"] = calls
    choice = {
        "index": 0, "message": message, "logprobs": None,
        "finish_reason": "tool_calls" if calls else "stop",
    }  # fmt: skip
    return {
        "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1790000000 + number,
        "model": request["model"], "choices": [choice], "usage": _usage(turn.usage),
    }  # fmt: skip


def _usage(usage: Usage) -> dict[str, Any]:
    read = usage.input + usage.cache_read + usage.cache_write
    return {
        "prompt_tokens": read, "completion_tokens": usage.output,
        "total_tokens": read + usage.output,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write,
        },
        "completion_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip


def events(told: dict[str, Any], _turn: Turn) -> Iterator[bytes]:
    """The chunks of a stream; the last one before [DONE] holds the usage and no choice."""
    choice = told["choices"][0]
    message = choice["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for field in ("content", "refusal"):
        whole = message.get(field) or ""
        deltas += [
            {field: piece}
            for piece in (whole[: len(whole) // 2], whole[len(whole) // 2 :])
            if piece
        ]
    for place, call in enumerate(message.get("tool_calls", ())):
        named = {**call, "index": place, "function": {**call["function"], "arguments": ""}}
        deltas.append({"tool_calls": [named]})
        rest = {"index": place, "function": {"arguments": call["function"]["arguments"]}}
        deltas.append({"tool_calls": [rest]})
    for delta in deltas:
        yield _chunk(told, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield _chunk(told, [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}])
    yield _chunk(told, [], usage=told["usage"])
    yield b"data: [DONE]\n\n"


def _chunk(told: dict[str, Any], choices: list[dict[str, Any]], **more: Any) -> bytes:
    data = {
        "id": told["id"], "object": "chat.completion.chunk", "created": told["created"],
        "model": told["model"], "choices": choices, **more,
    }  # fmt: skip
    return f"data: {json.dumps(data)}\n\n".encode()
