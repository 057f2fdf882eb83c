"""Whether a request could be one of the Messages API: the rules that the real server answers 400 to."""

from __future__ import annotations

from typing import Any

from tests.support.model_servers.http import Malformed

BLOCKS = {
    "text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking",
    "tool_reference",
}  # fmt: skip


def check(body: Any) -> None:
    """Raises: Malformed with the place in the request and what was expected."""
    _need(isinstance(body, dict), "body", "an object")
    _need(str(body.get("model", "")).startswith("claude-"), "model", "a full model name")
    _need(isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0, "max_tokens", "> 0")
    messages = body.get("messages")
    _need(isinstance(messages, list) and bool(messages), "messages", "a list that is not empty")
    for place, message in enumerate(messages):
        _message(f"messages[{place}]", message)
    _need(messages[0]["role"] == "user", "messages[0].role", "user")
    _results(messages)
    for place, tool in enumerate(body.get("tools") or ()):
        _need(isinstance(tool.get("name"), str), f"tools[{place}].name", "a text")
        known = isinstance(tool.get("input_schema"), dict) or "type" in tool
        _need(known, f"tools[{place}].input_schema", "a schema")


def _need(holds: bool, place: str, expected: str) -> None:
    if not holds:
        raise Malformed(f"{place}: expected {expected}")


def _message(place: str, message: Any) -> None:
    _need(isinstance(message, dict), place, "an object")
    roles = ("user", "assistant", "system")
    _need(message.get("role") in roles, f"{place}.role", f"one of {roles}")
    content = message.get("content")
    _need(isinstance(content, (str, list)), f"{place}.content", "a text or blocks")
    for number, block in enumerate(content if isinstance(content, list) else ()):
        kind = block.get("type") if isinstance(block, dict) else None
        _need(kind in BLOCKS, f"{place}.content[{number}].type", f"one of {sorted(BLOCKS)}")


def _results(messages: list[dict[str, Any]]) -> None:
    # Each tool_use is answered by a tool_result in the very next message of the user.
    spoken = [message for message in messages if message["role"] != "system"]
    for place, message in enumerate(spoken):
        if message["role"] != "assistant":
            continue
        asked = _ids(message, "tool_use", "id")
        then = (
            _ids(spoken[place + 1], "tool_result", "tool_use_id")
            if place + 1 < len(spoken)
            else set()
        )
        _need(
            asked <= then,
            f"messages[{place + 1}]",
            f"tool_result blocks for {sorted(asked - then)}",
        )


def _ids(message: dict[str, Any], kind: str, field: str) -> set[str]:
    content = message["content"]
    blocks = content if isinstance(content, list) else ()
    return {block[field] for block in blocks if block["type"] == kind}
