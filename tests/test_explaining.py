"""Why it fails now and then is asked of a model or a command, and paid for once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.model_servers.script import Fault, Turn
from tests.support.openai_tasks import model
from tests.support.repositories import repository
from tests.support.toolkit import HERE

from improve import ledger
from improve.context import Budget, Context
from improve.explaining import explain
from improve.records import Attempt, Reproduction, Request, RootCause, ValidatedRequest
from improve.records.usage import Spending, Usage
from improve.workbench.bench import workbench
from improve.workbench.git import Git
from improve.workbench.users_repository import identity

ANSWER = {
    "cause": "race", "summary": "Two threads write one list.", "file": "shop.py", "line": 1,
    "confidence": "low", "experiment": "Take a lock.",
}  # fmt: skip


@contextmanager
def world(top: Path) -> Iterator[Context]:
    run = top / "run"
    run.mkdir()
    argv = [sys.executable, "-c", f"print({json.dumps(json.dumps(ANSWER))})"]
    options = {"prompt-tokens": 4000, "openai-model": "gpt-6.1-sol", "command-agent": argv}
    yield Context(run, HERE, top / "cache", Budget.of(120), lambda _said: None, options)


def explained(context: Context, *rungs: str) -> tuple[RootCause, tuple[Attempt, ...]]:
    place = context.run.parent / "shop"
    if not place.exists():
        repository(place, {"shop.py": "a = 1\n"})
    git = Git(place / ".git")
    head = git.commit_of("HEAD")
    asked = ValidatedRequest(
        request=Request(deterministic=False, prompt="now and then"), request_path=place / "info.json",
        name="x", slug="x", repository=place, toolkit_prefix="", head=head, branch="main", agents=rungs,
    )  # fmt: skip
    found = Reproduction(outcome="intermittent", commit=head)
    with workbench(git.folder, context.bench_folder, identity(git)) as bench:
        return explain(context, asked, found, bench)


def test_a_command_is_asked_and_one_that_only_edits_is_not(tmp_path: Path) -> None:
    with world(tmp_path) as context:
        cause, asked = explained(context, "embedded", "manual", "command")
    assert "race" in cause.summary and cause.locations == ("shop.py:1",)
    assert [(one.agent, one.reason) for one in asked] == [
        ("command", "an opinion, not shown by any run")
    ]


def test_an_answer_is_kept_and_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as context, model(monkeypatch, [Turn(answer=ANSWER)]) as there:
        first = explained(context, "openai")
        again = explained(context, "openai")  # as after a crash before the phase was done
        assert len(there.turns()) == len(ledger.spendings(context.run)) == 1
    assert first[0] == again[0] and "Two threads" in again[0].summary
    assert again[1][0].usage[0].requests == 1


def test_a_question_that_was_cut_off_after_it_was_paid_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        world(tmp_path) as context,
        model(monkeypatch, [Turn(fault=Fault("status", 401))]) as there,
    ):
        paid = Spending(purpose="question to openai", agent="openai", usage=Usage(model="m", usd=1))
        ledger.append(context.run, paid)
        cause, (asked,) = explained(context, "openai")
        assert there.turns() == []
    assert (cause, asked.usd) == (RootCause(), 1.0)
    assert asked.reason == "the run was interrupted while it was asked"
