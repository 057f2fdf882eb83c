"""What is counted of a session, and what its end means: pure, event by event."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support import tasks

from improve.agents import claude_faults
from improve.agents.claude_usage import Counting
from improve.errors import OutOfBudget
from improve.records.usage import Usage

MODEL = "claude-sonnet-5-5"


def started(identity: str) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": identity, "model": MODEL}}


def call(identity: str) -> dict[str, Any]:
    return {"type": "content_block_start", "content_block": {"type": "tool_use", "id": identity}}


FINISHED = {"type": "message_delta", "usage": {"output_tokens": 70}}


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    return Counting(tasks.meter(tmp_path))


def test_an_answer_counts_once_when_it_is_whole(counting: Counting) -> None:
    counting.event(started("a"))
    counting.event(call("t1"))
    counting.whole("a", MODEL, ["t1"])
    assert counting.answers == 0 and counting.calls == set()
    counting.event(FINISHED)
    counting.whole("a", MODEL, ["t1"])
    counting.close()
    assert counting.answers == 1 and counting.calls == {"t1"}


def test_an_answer_that_broke_off_was_begun(counting: Counting) -> None:
    counting.event(started("a"))
    counting.event(started("b"))
    counting.event(FINISHED)
    counting.event(started("c"))
    counting.settle()
    assert counting.answers == 3


def test_an_answer_without_a_stream_counts_and_the_programs_own_words_do_not(
    counting: Counting,
) -> None:
    counting.whole("a", MODEL, ["t1"])
    counting.whole("x", "<synthetic>", [])
    assert counting.calls == {"t1"} and counting.answers == 1


def test_a_limit_ends_it_whoever_used_the_tokens(tmp_path: Path) -> None:
    counting = Counting(tasks.meter(tmp_path, tokens=100))
    counting.event(started("a"))
    counting.event(FINISHED)  # the control: nothing was used yet
    with pytest.raises(OutOfBudget):
        counting.meter.add(Usage(model=MODEL, input_tokens=100))
    counting.event(started("b"))
    with pytest.raises(OutOfBudget):
        counting.event(FINISHED)
    counting.event(started("c"))
    counting.settle()
    assert counting.answers == 3


def result(**given: Any) -> SimpleNamespace:
    usual = {"subtype": "success", "is_error": False, "result": "ok", "errors": None,
             "api_error_status": None, "stop_reason": "end_turn"}  # fmt: skip
    return SimpleNamespace(**{**usual, **given})


@pytest.mark.parametrize("given, kind", [
    ({}, None),
    ({"is_error": True, "api_error_status": 401}, "key"),
    ({"is_error": True, "result": "Credit balance is too low", "api_error_status": 400}, "key"),
    ({"is_error": True, "api_error_status": 529}, "busy"),
    ({"is_error": True, "api_error_status": 404}, "broken"),
    ({"is_error": True, "api_error_status": 413}, "broken"),
    ({"is_error": True}, "unreachable"),
    ({"subtype": "error_max_turns", "is_error": True}, "limit"),
    ({"subtype": "error_max_budget_usd"}, "limit"),
    ({"subtype": "error_during_execution", "is_error": True}, "broken"),
    ({"subtype": "error_max_structured_output_retries", "is_error": True}, "no_answer"),
    ({"stop_reason": "refusal"}, "refused"),
])  # fmt: skip
def test_success_is_not_believed(given: dict[str, Any], kind: str | None) -> None:
    fault = claude_faults.of_result(result(**given))
    assert (fault.kind if fault else None) == kind
