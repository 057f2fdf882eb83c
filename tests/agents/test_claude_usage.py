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
from improve.ledger import spendings

MODEL = "claude-sonnet-5-5"


def started(identity: str, read: int = 100, model: str = MODEL) -> dict[str, Any]:
    usage = {"input_tokens": read, "cache_read_input_tokens": 5, "output_tokens": 1}
    return {"type": "message_start", "message": {"id": identity, "model": model, "usage": usage}}


def call(identity: str) -> dict[str, Any]:
    return {"type": "content_block_start", "content_block": {"type": "tool_use", "id": identity}}


def finished(written: int) -> dict[str, Any]:
    return {"type": "message_delta", "usage": {"output_tokens": written}}


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    return Counting(tasks.meter(tmp_path))


def ledger(tmp_path: Path) -> list[tuple[int, int, int]]:
    """Input, cache and output of each line."""
    lines = [one.usage for one in spendings(tmp_path)]
    return [(one.input_tokens, one.cache_read_tokens, one.output_tokens) for one in lines]


def test_an_answer_counts_once_with_its_closing_numbers(counting: Counting, tmp_path: Path) -> None:
    counting.event(started("a"))
    counting.event(call("t1"))
    counting.whole("a", MODEL, {"input_tokens": 100, "output_tokens": 1}, ["t1"])
    assert ledger(tmp_path) == [] and counting.calls == set()
    counting.event(finished(70))
    counting.whole("a", MODEL, {"input_tokens": 100, "output_tokens": 1}, ["t1"])
    counting.close()
    assert ledger(tmp_path) == [(100, 5, 70)] and counting.answers == 1 and counting.calls == {"t1"}


def test_an_answer_that_broke_off_counts_as_far_as_it_came(
    counting: Counting, tmp_path: Path
) -> None:
    counting.event(started("a"))
    counting.event(started("b", 200))
    counting.event(finished(9))
    counting.event(started("c"))
    counting.settle()
    assert ledger(tmp_path) == [(100, 5, 1), (200, 5, 9), (100, 5, 1)] and counting.answers == 3


def test_an_answer_without_a_stream_counts_and_the_programs_own_words_do_not(
    counting: Counting, tmp_path: Path
) -> None:
    counting.whole("a", MODEL, {"input_tokens": 30, "output_tokens": 4}, ["t1"])
    counting.whole("x", "<synthetic>", {"input_tokens": 0, "output_tokens": 0}, [])
    assert ledger(tmp_path) == [(30, 0, 4)] and counting.calls == {"t1"} and counting.answers == 1


def test_the_closing_totals_add_what_was_not_seen_and_nothing_else(
    counting: Counting, tmp_path: Path
) -> None:
    counting.event(started("a", model=f"{MODEL}-20260901"))
    counting.event(finished(70))
    seen = {"inputTokens": 100, "cacheReadInputTokens": 5, "outputTokens": 72}
    counting.totals({MODEL: seen})
    assert ledger(tmp_path) == [(100, 5, 70)]
    counting.totals({MODEL: seen, "claude-haiku-5-5": {"inputTokens": 40, "outputTokens": 2}})
    assert ledger(tmp_path)[1:] == [(40, 0, 2)] and counting.answers == 1


def test_a_limit_is_told_when_the_answer_is_on_disk(tmp_path: Path) -> None:
    counting = Counting(tasks.meter(tmp_path, tokens=100))
    counting.event(started("a"))
    with pytest.raises(OutOfBudget):
        counting.event(finished(70))
    counting.settle()
    assert ledger(tmp_path) == [(100, 5, 70)]


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
