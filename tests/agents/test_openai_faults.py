"""The fault table of ``openai``: each fault ends in its time, with its name, and is paid for once."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import tasks
from tests.support.model_servers.script import Call, Fault, Step, Turn, Usage
from tests.support.openai_tasks import (
    CHECK,
    DONE,
    FIXED,
    KEY,
    MODEL,
    READ,
    RIGHT,
    charged,
    heard,
    job,
    model,
    patch,
)

from improve.agents import openai, openai_faults
from improve.agents.protocol import AgentFault

SLACK = 20.0  # seconds beyond a deadline, on a busy machine; without one it would not end at all
CHAT = {"openai-model": MODEL, "openai-api": "chat"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between two tries of a request, shortened."""
    monkeypatch.setattr(openai_faults, "FIRST_WAIT", 0.02)


@dataclass(frozen=True)
class Row:
    """A fault of the service, the kind that it is told as, and how often the request was made."""

    fault: Fault
    kind: str
    requests: int
    limit: float = 5.0
    said: str = ""


def status(number: int, code: str = "", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("status", number, "scripted", code, named)


TABLE = {
    "401": Row(status(401), "key", 1, said="OPENAI_API_KEY"),
    "403": Row(status(403), "key", 1),
    "no quota left": Row(status(429, "insufficient_quota"), "key", 1, said="quota"),
    "400": Row(status(400), "broken", 1),
    "404, the model": Row(status(404), "broken", 1, said="openai-model"),
    "429": Row(status(429), "busy", 4),
    "429, wait longer than there is": Row(status(429, retry_after="60"), "busy", 1),
    "500": Row(status(500), "busy", 4),
    "503": Row(status(503), "busy", 4),
    "cut stream": Row(Fault("cut"), "unreachable", 4),
    "no JSON": Row(Fault("malformed"), "unreachable", 4),
    "a proxy's page": Row(Fault("page"), "unreachable", 4),
    "failed under way": Row(Fault("failed", code="server_error"), "busy", 4),
    "a policy's end": Row(Fault("failed", code="invalid_prompt"), "broken", 1),
    "cut at its longest": Row(Fault("incomplete"), "broken", 1, said="max_output_tokens"),
    "filtered": Row(Fault("incomplete", code="content_filter"), "refused", 1),
    "stall": Row(Fault("stall"), "unreachable", 1, 2.0),
    "silence": Row(Fault("silent"), "unreachable", 1, 2.0),
    "refusal": Row(Fault("refusal", message="I will not."), "refused", 1, said="I will not."),
}
IN_CHAT = ("429", "cut stream", "no JSON", "stall", "refusal")


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, None) for name in TABLE] + [(name, CHAT) for name in IN_CHAT],
    ids=[*TABLE, *(f"chat: {name}" for name in IN_CHAT)],
)
def test_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, object] | None
) -> None:
    row = TABLE[name]
    given = {"options": options} if options else {}
    task = job(tmp_path, seconds_left=tasks.seconds(row.limit), **given)
    turns = [Turn(calls=(READ,)), Turn(calls=(CHECK,), fault=row.fault), DONE]
    began = time.monotonic()
    with model(monkeypatch, turns) as there, pytest.raises(AgentFault) as met:
        openai.work(task)
    assert time.monotonic() - began < row.limit + SLACK
    assert met.value.kind == row.kind, f"{name}: {met.value.kind}: {met.value.what}"
    assert row.said in str(met.value) and KEY not in str(met.value)
    made = [seen.turn for seen in there.turns()]
    assert made == [0, *[1] * row.requests], f"{name}: requests by turn {made}"
    # What the service produced is paid for once: a refusal too, and an answer that is not whole.
    produced = row.fault.kind in ("refusal", "incomplete")
    assert charged(task) == (2 if produced else 1)
    assert heard(task, "end")[-1]["fault"] == row.kind


PASSING = {name: row for name, row in TABLE.items() if row.requests == 4}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_not_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fault = PASSING[name].fault
    passing = Fault(fault.kind, fault.status, fault.message, fault.code, fault.headers, times=2)
    task = job(tmp_path)
    with model(monkeypatch, [Turn(calls=(patch(),), fault=passing), DONE]) as there:
        openai.work(task)
    assert (task.tree / "shop.py").read_text() == RIGHT
    assert [seen.turn for seen in there.turns()] == [0, 0, 0, 1] and charged(task) == 2


def test_it_waits_as_long_as_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Fault("status", 429, headers={"retry-after-ms": "700"}, times=1)
    began = time.monotonic()
    with model(monkeypatch, [Turn(answer={"change": "x", "doubt": ""}, fault=busy)]):
        openai.work(job(tmp_path))
    assert time.monotonic() - began >= 0.7


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(AgentFault, match="connection") as met:
        openai.work(job(tmp_path))
    assert met.value.kind == "unreachable"


def test_the_deadline_ends_a_model_that_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(
        tmp_path,
        seconds_left=tasks.seconds(1.5),
        options={"openai-model": MODEL, "agent-turns": 10**6},
    )
    slow = Call("run_check", {})
    check = task.run_check

    def waits() -> object:
        time.sleep(0.2)
        return check()

    task = job(tmp_path, seconds_left=task.seconds_left, options=task.options, run_check=waits)
    began = time.monotonic()
    with model(monkeypatch, endless(slow)), pytest.raises(AgentFault) as met:
        openai.work(task)
    assert met.value.kind == "deadline" and time.monotonic() - began < 1.5 + SLACK


def endless(call: Call, **given: Usage) -> itertools.repeat[Step]:
    return itertools.repeat(Turn(calls=(call,), **given))


def test_the_limit_of_turns_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = job(tmp_path, options={"openai-model": MODEL, "agent-turns": 3})
    with (
        model(monkeypatch, endless(READ)) as there,
        pytest.raises(AgentFault, match="agent-turns") as met,
    ):
        openai.work(task)
    assert met.value.kind == "limit" and there.script.told == charged(task) == 3


def test_what_was_refused_before_it_ended_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path, options={"openai-model": MODEL, "agent-turns": 2})
    outside = Call("read_file", {"path": "../secret", "first": 1, "count": 5})
    with model(monkeypatch, endless(outside)), pytest.raises(AgentFault) as met:
        openai.work(task)
    assert any("../secret" in one for one in met.value.denied), met.value.denied


@pytest.mark.parametrize("limit", [{"usd": 0.05}, {"tokens": 25_000}], ids=["dollars", "tokens"])
def test_the_limits_of_the_run_hold_while_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: dict[str, float]
) -> None:
    given = {"usd": None, **limit}
    task = job(tmp_path, meter=tasks.meter(tmp_path, "openai", **given))  # type: ignore[arg-type]
    dear = endless(READ, usage=Usage(input=10_000, output=100))
    with model(monkeypatch, dear) as there, pytest.raises(AgentFault, match="limit of") as met:
        openai.work(task)
    assert met.value.kind == "limit" and there.script.told == charged(task) <= 4


def test_nothing_left_means_not_even_one_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path, meter=tasks.meter(tmp_path, "openai", usd=0.0))
    with model(monkeypatch, FIXED) as there, pytest.raises(AgentFault) as met:
        openai.work(task)
    assert met.value.kind == "limit" and not there.seen
