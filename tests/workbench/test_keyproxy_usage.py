"""What answers cost is read while they pass through the key proxy, whoever asked, and ends at the limits."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support import tasks
from tests.support.model_servers import http as wire
from tests.support.model_servers.http import Answer
from tests.support.model_servers.script import Fault, Script

from improve.agents.meter import Meter
from improve.ledger import spendings
from improve.records.usage import Usage
from improve.workbench.keyproxy import KeyProxy, key_proxy
from improve.workbench.services import ANTHROPIC, OPENAI, Service

MODEL = "m"
ASKED = json.dumps({"model": MODEL, "text": "x" * 371})  # 399 bytes: 100 tokens, by their length
CLAUDE = {"input_tokens": 10, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30}
DETAILS = {"cached_tokens": 20, "cache_write_tokens": 30}
TALK = {"input_tokens": 60, "input_tokens_details": DETAILS, "output_tokens": 70}
CHAT = {"prompt_tokens": 60, "prompt_tokens_details": DETAILS, "completion_tokens": 70}
TOLD = (10, 20, 30, 70)


def events(*values: dict[str, Any]) -> list[bytes]:
    return [f"event: x\ndata: {json.dumps(value)}\n\n".encode() for value in values]


BEGUN = {"type": "message_start", "message": {"usage": {**CLAUDE, "output_tokens": 1}}}
TEXT = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "y" * 100}}
CLOSED = {"type": "message_delta", "usage": {**CLAUDE, "output_tokens": 70}}
CASES: dict[str, tuple[Service, str, Answer]] = {
    "claude": (ANTHROPIC, "/v1/messages", Answer(body={"usage": {**CLAUDE, "output_tokens": 70}})),
    "claude, streamed": (ANTHROPIC, "/v1/messages", Answer(events=events(BEGUN, TEXT, CLOSED))),
    "responses": (OPENAI, "/v1/responses", Answer(body={"usage": TALK})),
    "responses, streamed": (OPENAI, "/v1/responses", Answer(events=events(
        {"type": "response.created", "response": {"usage": None}}, {"type": "x", "delta": "y"},
        {"type": "response.completed", "response": {"usage": TALK}}))),
    "chat": (OPENAI, "/v1/chat/completions", Answer(body={"usage": CHAT, "choices": []})),
    "chat, streamed": (OPENAI, "/v1/chat/completions", Answer(events=[
        *events({"usage": None, "choices": [{"delta": {"content": "y"}}]}, {"usage": CHAT}),
        b"data: [DONE]\n\n"])),
}  # fmt: skip


@contextlib.contextmanager
def proxy(service: Service, answer: Answer, purse: Meter | None) -> Iterator[KeyProxy]:
    """In front of a server that answers everything with ``answer``."""
    with wire.serve(lambda _script, _seen: answer, Script([])) as there:
        world = {service.address: there.url, service.key: "sk-0123456789"}
        with key_proxy(service, world, (MODEL,), purse) as made:
            yield made


def post(to: KeyProxy, path: str) -> tuple[int, str]:
    """Status and text; 0 when the answer was cut."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", to.gate.port)) as link:
        link.request("POST", path, ASKED, {"x-api-key": to.password})
        try:
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException:
            return 0, ""


def booked(run: Path) -> list[tuple[int, int, int, int]]:
    return [numbers(one.usage) for one in spendings(run)]


def numbers(one: Usage) -> tuple[int, int, int, int]:
    return one.input_tokens, one.cache_read_tokens, one.cache_write_tokens, one.output_tokens


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_written_down_once_as_the_vendor_tells_it(tmp_path: Path, name: str) -> None:
    service, path, answer = CASES[name]
    with proxy(service, answer, tasks.meter(tmp_path)) as made:
        assert post(made, path)[0] == 200
        assert booked(tmp_path) == [TOLD], "before the agent has the end of it"
        assert post(made, path)[0] == 200
    assert booked(tmp_path) == [TOLD] * 2
    assert [one.usage.requests for one in spendings(tmp_path)] == [1, 1]
    assert {one.usage.model for one in spendings(tmp_path)} == {MODEL}


@pytest.mark.parametrize("name", CASES)
def test_once_a_limit_is_reached_nothing_more_is_asked(tmp_path: Path, name: str) -> None:
    service, path, answer = CASES[name]
    with proxy(service, answer, tasks.meter(tmp_path, tokens=200)) as made:
        assert [post(made, path)[0] for _ in range(4)] == [200, 200, 403, 403]
        assert "limits.tokens" in post(made, path)[1]
    assert len(booked(tmp_path)) == 2
    with proxy(service, answer, None) as made:
        assert post(made, path)[0] == 200, "the control: without a limit it goes on"


def test_what_is_cut_or_not_told_is_counted_by_its_length(tmp_path: Path) -> None:
    chunks = events(*[{"choices": [{"delta": {"content": "y" * 400}}]}] * 3)
    untold: Sequence[tuple[Service, str, Answer, tuple[int, int, int, int]]] = (
        (OPENAI, "/v1/chat/completions", Answer(events=chunks), (100, 0, 0, 240)),
        (OPENAI, "/v1/responses", Answer(body={"output": "y" * 400}), (100, 0, 0, 104)),
        (ANTHROPIC, "/v1/messages",
         Answer(events=events(BEGUN, *[TEXT] * 4), fault=Fault("cut")), (10, 20, 30, 20)),
    )  # fmt: skip
    for number, (service, path, answer, wanted) in enumerate(untold):
        run = tmp_path / str(number)
        with proxy(service, answer, tasks.meter(run)) as made:
            post(made, path)
        (found,) = booked(run)
        assert found[:3] == wanted[:3] and abs(found[3] - wanted[3]) <= 30, found


def test_an_answer_that_nobody_waits_for_is_counted_when_the_session_ends(tmp_path: Path) -> None:
    answer = Answer(events=events(BEGUN, *[TEXT] * 5), fault=Fault("stall"))
    with proxy(ANTHROPIC, answer, tasks.meter(tmp_path)) as made:
        link = http.client.HTTPConnection("127.0.0.1", made.gate.port)
        link.request("POST", "/v1/messages", ASKED, {"x-api-key": made.password})
        assert link.getresponse().read(20)
        link.close()
        time.sleep(0.2)
    (found,) = booked(tmp_path)
    assert found[:3] == TOLD[:3] and found[3] > 1


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/messages/count_tokens", Answer(body={"input_tokens": 9})),
        ("/v1/messages", Answer(529, {"error": "busy"})),
        ("/v1/messages", Answer(fault=Fault("page"))),
    ],
)
def test_what_is_no_answer_costs_nothing(tmp_path: Path, path: str, answer: Answer) -> None:
    with proxy(ANTHROPIC, answer, tasks.meter(tmp_path)) as made:
        assert post(made, path)[0] == answer.status
    assert booked(tmp_path) == []
