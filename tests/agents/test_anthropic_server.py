"""The scripted Claude itself: what it sends, what it refuses to take, what uses up a turn.

Shapes were also held against the types and the stream parser of the package `anthropic` 2.11,
which this project does not need; the claude program reads them in every other test.
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
from tests.support.model_servers import anthropic
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Fault, Turn, Usage

TOOLS = [{"name": "Read", "input_schema": {"type": "object"}}]
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def ask(
    there: ModelServer,
    messages: list[dict[str, Any]] = HELLO,
    headers: dict[str, str] = HEADERS,
    **more: Any,
) -> tuple[int, str, dict[str, str]]:
    """One request over TCP: status, body, headers."""
    body = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 10,
        "tools": TOOLS,
        "messages": messages,
        **more,
    }
    line = http.client.HTTPConnection("127.0.0.1", int(there.url.rsplit(":", 1)[1]), timeout=5)
    line.request("POST", "/v1/messages?beta=true", json.dumps(body), headers)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_stream_has_the_events_of_the_api_in_their_order() -> None:
    turn = Turn("Hi.", (Call("Read", {"path": "a"}),), usage=Usage(7, 8, 9, 10))
    with anthropic.serve([turn]) as model:
        found = events(ask(model, stream=True)[1])
        whole = json.loads(ask(model)[1])
    block = [
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
    ]
    kinds = ["message_start", "ping", *block, *block, "message_delta", "message_stop"]
    assert [event["type"] for event in found] == kinds
    pieces = [event["delta"] for event in found if event["type"] == "content_block_delta"]
    assert "".join(one.get("text", "") for one in pieces) == "Hi."
    assert json.loads("".join(one.get("partial_json", "") for one in pieces)) == {"path": "a"}
    usage = {
        "input_tokens": 7,
        "output_tokens": 8,
        "cache_read_input_tokens": 9,
        "cache_creation_input_tokens": 10,
    }
    assert found[-2]["usage"] == whole["usage"] == usage
    assert found[-2]["delta"]["stop_reason"] == whole["stop_reason"] == "tool_use"
    assert found[0]["message"]["id"] != whole["id"], "each answer has an id of its own"


def test_only_a_conversation_that_went_on_uses_up_a_turn() -> None:
    with anthropic.serve([Turn("one"), Turn("two")]) as model:
        assert '"one"' in ask(model)[1] and '"one"' in ask(model)[1]
        marked = [{"role": "user", "content": "hello", "cache_control": {"type": "ephemeral"}}]
        assert '"one"' in ask(model, [*marked, {"role": "system", "content": "a reminder"}])[1]
        beside = {"format": {"type": "json_schema", "schema": {"properties": {"title": {}}}}}
        assert "title" in ask(model, tools=[], output_config=beside)[1]
        on = [*HELLO, {"role": "assistant", "content": "one"}, {"role": "user", "content": "and?"}]
        assert '"two"' in ask(model, on)[1] and '"one"' in ask(model)[1]
        assert [seen.turn for seen in model.seen] == [0, 0, 0, None, 1, 0]
        assert (model.script.told, model.script.beyond) == (2, 0)
        assert "nothing more" in ask(model, [*on, *on])[1] and model.script.beyond == 1


def test_it_listens_on_a_unix_socket_too() -> None:
    with anthropic.serve([]) as model, socket.socket(socket.AF_UNIX) as line:
        line.connect(str(model.socket))
        line.sendall(b"HEAD /api/hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 200")


def test_faults_come_as_the_api_tells_them_and_pass_after_their_times() -> None:
    busy = Fault("status", 429, "slow down", headers={"retry-after": "2"}, times=2)
    with anthropic.serve([Turn("now", fault=busy)]) as model:
        for _ in range(2):
            status, text, headers = ask(model)
            said = json.loads(text)
            assert (status, said["type"], said["error"]["type"]) == (
                429,
                "error",
                "rate_limit_error",
            )
            assert headers["retry-after"] == "2"
        assert '"now"' in ask(model)[1] and model.script.told == 1


@pytest.mark.parametrize("kind", ["cut", "stall"])
def test_a_broken_stream_stops_in_its_middle(kind: str) -> None:
    with anthropic.serve([Turn("hello", fault=Fault(kind))]) as model:
        line = http.client.HTTPConnection(
            "127.0.0.1", int(model.url.rsplit(":", 1)[1]), timeout=0.5
        )
        body = {
            "model": "claude-x",
            "max_tokens": 1,
            "tools": TOOLS,
            "messages": HELLO,
            "stream": True,
        }
        line.request("POST", "/v1/messages", json.dumps(body), HEADERS)
        answer, got = line.getresponse(), b""
        try:
            while piece := answer.read1():
                got += piece
            ended = "cut"
        except TimeoutError:
            ended = "stall"
        except ConnectionResetError:
            ended = "cut"
        line.close()
    assert b"message_start" in got and b"message_stop" not in got and ended == kind


CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
WRONG: dict[str, dict[str, Any]] = {
    "model: expected a full model name": {"model": "sonnet"},
    "max_tokens: expected > 0": {"max_tokens": 0},
    "messages[0].role: expected user": {"messages": [{"role": "assistant", "content": "x"}]},
    "messages[0].content[0].type": {"messages": [{"role": "user", "content": [{"type": "nonsense"}]}]},
    "messages[2]: expected tool_result blocks for ['t1']": {
        "messages": [*HELLO, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": "?"}]
    },
    "tools[0].input_schema": {"tools": [{"name": "Read"}]},
}  # fmt: skip


@pytest.mark.parametrize("expected", WRONG)
def test_a_request_that_the_api_would_refuse_fails_the_test(expected: str) -> None:
    with pytest.raises(AssertionError) as caught, anthropic.serve([Turn("x")]) as model:
        assert ask(model, **WRONG[expected])[0] == 400
    assert expected in str(caught.value)


def test_without_a_key_nobody_is_let_in() -> None:
    with anthropic.serve([]) as model:
        status, text, _ = ask(model, headers={"anthropic-version": "2023-06-01"})
    assert (status, json.loads(text)["error"]["type"]) == (401, "authentication_error")
