"""The Responses API: requests checked, a turn as a response object, and as the events of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.model_servers.http import Malformed
from tests.support.model_servers.script import Turn, Usage

# What a call is answered with. A call without its answer is what the real server calls
# "No tool output found for function call".
ANSWERED = {
    "function_call": "function_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "shell_call": "shell_call_output",
}
KINDS = {"message", "reasoning", *ANSWERED, *ANSWERED.values()}
NATIVE = ("apply_patch", "shell")  # tools of the API itself, called by items of their own


def check(body: dict[str, Any]) -> Any:
    """What was said until now. Raises: Malformed with the place and what was expected there."""
    said = body.get("input")
    if not isinstance(said, (str, list)) or not said:
        raise Malformed("input: expected a text or a list of items")
    if "previous_response_id" in body or "conversation" in body:
        raise Malformed("previous_response_id: this server keeps nothing, as with store=false")
    asked: dict[str, str] = {}
    for place, item in enumerate(said if isinstance(said, list) else ()):
        _item(f"input[{place}]", item, asked)
    if asked:
        raise Malformed(f"input: expected an output for the calls {sorted(asked)}")
    for place, tool in enumerate(body.get("tools") or ()):
        _tool(f"tools[{place}]", tool)
    wanted = (body.get("text") or {}).get("format") or {"type": "text"}
    if wanted["type"] == "json_schema" and not {"name", "schema"} <= set(wanted):
        raise Malformed("text.format: expected name and schema")
    return [body.get("instructions"), said]


def _item(place: str, item: Any, asked: dict[str, str]) -> None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind not in KINDS:
        raise Malformed(f"{place}.type: expected one of {sorted(KINDS)}, got {kind!r}")
    if kind == "message" and item.get("role") not in ("user", "assistant", "system", "developer"):
        raise Malformed(f"{place}.role: expected a role")
    if kind == "reasoning" and not item.get("encrypted_content"):
        raise Malformed(f"{place}.encrypted_content: nothing is stored, so it has to come back")
    if kind in ANSWERED:
        asked[item["call_id"]] = ANSWERED[kind]
    elif kind in ANSWERED.values() and asked.pop(item.get("call_id", ""), None) != kind:
        raise Malformed(f"{place}.call_id: expected the id of a call before it")
    if kind == "apply_patch_call_output" and item.get("status") not in ("completed", "failed"):
        raise Malformed(f"{place}.status: expected completed or failed")
    if kind == "shell_call_output" and not all("outcome" in one for one in item["output"]):
        raise Malformed(f"{place}.output: expected chunks with an outcome")


def _tool(place: str, tool: Any) -> None:
    if tool.get("type") in NATIVE:
        return
    if tool.get("type") != "function" or not isinstance(tool.get("parameters"), dict):
        raise Malformed(f"{place}: expected a function with parameters, or one of {NATIVE}")
    schema = tool["parameters"]
    strict = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(
        schema.get("properties", ())
    )
    if tool.get("strict") and not strict:
        raise Malformed(f"{place}.parameters: strict needs every property required and no others")


def body(request: dict[str, Any], turn: Turn, number: int) -> dict[str, Any]:
    """The response object that tells ``turn``."""
    return {
        "id": f"resp_{number}", "object": "response", "created_at": 1790000000 + number,
        "status": "completed", "error": None, "incomplete_details": None, "instructions": None,
        "model": request["model"], "output": _output(request, turn, number), "metadata": {},
        "parallel_tool_calls": bool(request.get("parallel_tool_calls", True)),
        "tool_choice": "auto", "tools": request.get("tools") or [],
        "temperature": 1.0, "top_p": 1.0, "usage": _usage(turn.usage),
    }  # fmt: skip


def _output(request: dict[str, Any], turn: Turn, number: int) -> list[dict[str, Any]]:
    thought = {
        "id": f"rs_{number}", "type": "reasoning", "summary": [], "encrypted_content": f"e{number}",
    }  # fmt: skip
    items = [thought]
    text = json.dumps(turn.answer) if turn.answer is not None else turn.text
    if turn.fault and turn.fault.kind == "refusal":
        items.append(_message(number, {"type": "refusal", "refusal": turn.fault.message}))
        return items
    if text:
        content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        items.append(_message(number, content))
    native = {tool["type"] for tool in request.get("tools") or ()} & set(NATIVE)
    for place, call in enumerate(turn.calls):
        items.append(_call(f"{number}_{place}", call.name, call.arguments, call.name in native))
    return items


def _message(number: int, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed",
        "content": [content],
    }  # fmt: skip


def _call(name: str, tool: str, arguments: Any, native: bool) -> dict[str, Any]:
    if native and isinstance(arguments, dict):
        field = "operation" if tool == "apply_patch" else "action"
        return {
            "id": f"{tool[:2]}c_{name}", "type": f"{tool}_call", "call_id": f"call_{name}",
            "status": "completed", field: arguments,
        }  # fmt: skip
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "id": f"fc_{name}", "type": "function_call", "call_id": f"call_{name}", "name": tool,
        "arguments": text, "status": "completed",
    }  # fmt: skip


def _usage(usage: Usage) -> dict[str, Any]:
    read = usage.input + usage.cache_read + usage.cache_write  # the cached ones are part of it
    return {
        "input_tokens": read,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + usage.output,
    }  # fmt: skip


def events(told: dict[str, Any], turn: Turn) -> Iterator[bytes]:
    """The stream that tells the response; with the faults ``failed`` and ``incomplete`` it breaks off."""
    numbers = iter(range(1_000_000))
    begun = {**told, "status": "in_progress", "output": [], "usage": None}

    def event(kind: str, **values: Any) -> bytes:
        data = {"type": kind, "sequence_number": next(numbers), **values}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()

    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    if turn.fault and turn.fault.kind == "failed":
        error = {"code": turn.fault.code or "server_error", "message": turn.fault.message}
        yield event("response.failed", response={**begun, "status": "failed", "error": error})
        return
    if turn.fault and turn.fault.kind == "incomplete":
        why = {"reason": turn.fault.code or "max_output_tokens"}
        ended = {**begun, "status": "incomplete", "incomplete_details": why, "usage": told["usage"]}
        yield event("response.incomplete", response=ended)
        return
    for index, item in enumerate(told["output"]):
        empty = {"content": [], "arguments": "", "encrypted_content": None}
        added = {name: empty.get(name, value) for name, value in item.items()}
        yield event("response.output_item.added", output_index=index, item=added)
        for kind, values in _pieces(item):
            yield event(kind, item_id=item["id"], output_index=index, **values)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=told)


def _pieces(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if item["type"] == "function_call":
        whole = item["arguments"]
        for piece in (whole[: len(whole) // 2], whole[len(whole) // 2 :]):
            yield "response.function_call_arguments.delta", {"delta": piece}
        yield "response.function_call_arguments.done", {"arguments": whole}
    for part in item.get("content", ()):
        field = "refusal" if part["type"] == "refusal" else "text"
        kind, more = ("refusal", {}) if field == "refusal" else ("output_text", {"logprobs": []})
        whole = part[field]
        yield "response.content_part.added", {"content_index": 0, "part": {**part, field: ""}}
        for piece in (whole[: len(whole) // 2], whole[len(whole) // 2 :]):
            yield f"response.{kind}.delta", {"content_index": 0, "delta": piece, **more}
        yield f"response.{kind}.done", {"content_index": 0, field: whole, **more}
        yield "response.content_part.done", {"content_index": 0, "part": part}
