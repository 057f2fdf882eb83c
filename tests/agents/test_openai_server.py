"""The scripted model itself: every shape it sends is one that the vendor's own types know."""

from __future__ import annotations

import functools
import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter
from tests.support.model_servers import openai as scripted
from tests.support.model_servers import openai_chat, openai_responses
from tests.support.model_servers.http import Malformed
from tests.support.model_servers.script import Call, Fault, Turn, Usage
from tests.support.openai_tasks import ANSWER, patch, shell

NATIVE = [{"type": "apply_patch"}, {"type": "shell", "environment": {"type": "local"}}]
FUNCTION = {"type": "function", "name": "look", "strict": True, "parameters": {
    "type": "object", "properties": {}, "required": [], "additionalProperties": False}}  # fmt: skip
REQUEST = {"model": "gpt-6.1-sol", "tools": [*NATIVE, FUNCTION]}
TURNS = {
    "text": Turn("Hello."),
    "calls": Turn("I look.", calls=(Call("look"), Call("look", '{"broken'))),
    "patches": Turn(calls=(patch(), patch(kind="create_file"), patch(kind="delete_file"))),
    "shell": Turn(calls=(shell("ls", "pwd", timeout_ms=1000),)),
    "answer": Turn(answer=ANSWER, usage=Usage(10, 20, 30, 40)),
    "refusal": Turn(fault=Fault("refusal", message="I cannot.")),
    "failed": Turn(fault=Fault("failed", code="rate_limit_exceeded")),
    "incomplete": Turn(fault=Fault("incomplete")),
}


@functools.cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def whole(kind: Any, value: Any) -> None:
    """Valid for the vendor's type, and without a field that it does not know."""
    found = adapter(kind).validate_python(value)
    unknown = found.model_extra if isinstance(found, BaseModel) else None
    assert not unknown, f"{type(found).__name__} knows no {sorted(unknown)}"


def data(events: Any) -> list[Any]:
    told = [event.decode().split("data: ", 1)[1] for event in events]
    return [json.loads(one) for one in told if not one.startswith("[DONE]")]


@pytest.mark.parametrize("name", TURNS)
def test_responses_and_their_events_fit_the_vendors_types(name: str) -> None:
    told = openai_responses.body(REQUEST, TURNS[name], 3)
    whole(Response, told)
    events = data(openai_responses.events(told, TURNS[name]))
    for event in events:
        whole(ResponseStreamEvent, event)
    last = name if name in ("failed", "incomplete") else "completed"
    assert events[-1]["type"] == f"response.{last}"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@pytest.mark.parametrize("name", ["text", "calls", "answer", "refusal"])
def test_completions_and_their_chunks_fit_the_vendors_types(name: str) -> None:
    told = openai_chat.body(REQUEST, TURNS[name], 3)
    whole(ChatCompletion, told)
    for chunk in data(openai_chat.events(told, TURNS[name])):
        whole(ChatCompletionChunk, chunk)


def test_a_wrong_shape_would_be_seen() -> None:
    """The control of the two tests above."""
    told = openai_responses.body(REQUEST, TURNS["text"], 3)
    with pytest.raises(ValueError, match="output_text"):
        whole(
            Response,
            {**told, "output": [{**told["output"][1], "content": [{"type": "output_text"}]}]},
        )
    with pytest.raises(AssertionError, match="extra_field"):
        whole(Response, {**told, "extra_field": 1})


CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
WRONG: dict[str, dict[str, Any]] = {
    "input: expected a text": {},
    "previous_response_id": {"input": "x", "previous_response_id": "r"},
    "input[0].type": {"input": [{"type": "unheard_of"}]},
    "input[0].role": {"input": [{"type": "message", "role": "boss"}]},
    "an output for the calls ['c1']": {"input": [CALL]},
    "id of a call before it": {"input": [{"type": "function_call_output", "call_id": "c1"}]},
    "encrypted_content": {"input": [{"type": "reasoning", "id": "r", "summary": []}]},
    "tools[0]": {"input": "x", "tools": [{"type": "function", "name": "look"}]},
    "strict needs": {
        "input": "x",
        "tools": [{**FUNCTION, "parameters": {"properties": {"a": {}}}}],
    },
    "expected name and schema": {"input": "x", "text": {"format": {"type": "json_schema"}}},
}


@pytest.mark.parametrize("said", WRONG)
def test_what_the_real_server_would_refuse_is_refused(said: str) -> None:
    with pytest.raises(Malformed) as told:
        openai_responses.check({"model": "m", **WRONG[said]})
    assert said in str(told.value)


def test_the_vendors_client_reads_it_and_its_retries_consume_no_turn() -> None:
    turns = [Turn("one", fault=Fault("status", 503, times=1)), Turn("two", usage=Usage(5, 6, 7, 8))]
    with scripted.serve(turns) as model:
        client = openai.OpenAI(api_key="k", base_url=f"{model.url}/v1", max_retries=1)
        with client:
            first = client.responses.create(model="m", input="hello")
            again = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "x"}]
            )
    assert first.output_text == "one" and again.choices[0].message.content == "two"
    assert again.usage and again.usage.prompt_tokens == 20
    assert [seen.turn for seen in model.turns()] == [0, 0, 1] and model.script.told == 2
    assert model.turns()[0].key == "k"


def test_a_malformed_request_makes_the_test_fail() -> None:
    def unanswered() -> None:
        with (
            scripted.serve([]) as model,
            openai.OpenAI(api_key="k", base_url=f"{model.url}/v1") as client,
            pytest.raises(openai.BadRequestError),
        ):
            client.responses.create(model="m", input=[CALL])  # type: ignore[list-item]

    with pytest.raises(AssertionError, match="not the vendor's protocol") as told:
        unanswered()
    assert "expected an output for the calls ['c1']" in str(told.value)
