"""``openai`` at work: the real Agents SDK, a scripted model, our tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import tasks
from tests.support.model_servers.script import Call, Turn, Usage
from tests.support.openai_tasks import (
    ANSWER,
    CHECK,
    DONE,
    FIXED,
    KEY,
    MODEL,
    READ,
    RIGHT,
    WRONG,
    charged,
    heard,
    job,
    model,
    patch,
    question,
    results,
)

from improve.agents import openai, openai_faults, openai_talk
from improve.agents.extras import EXTRAS
from improve.agents.protocol import AgentFault
from improve.ledger import spendings
from improve.workbench.services import OPENAI

CHAT = {"openai-model": MODEL, "openai-api": "chat"}


def test_it_reads_patches_checks_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    task = job(tmp_path, keep=lambda: kept.append((tmp_path / "tree/shop.py").read_text()))
    with model(monkeypatch, FIXED) as there:
        outcome = openai.work(task)
    assert (task.tree / "shop.py").read_text() == RIGHT
    assert kept == [RIGHT], "an edit is kept as soon as it is made"
    assert outcome.answer == ANSWER and outcome.explanation == ANSWER["change"]
    assert (outcome.turns, outcome.denied, outcome.fault) == (4, (), "")
    read, patched, checked = results(task)
    assert "1\ta = 1" in read and "wrote shop.py" in patched and checked.startswith("PASSED")
    first = there.turns()[0]
    assert first.key == KEY and first.body["store"] is False and first.body["stream"] is True
    assert first.body["text"]["format"]["schema"]["required"] == ["change", "doubt"]


def test_the_same_by_chat_completions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = job(tmp_path, options=CHAT)
    edit = Call("edit_file", {"path": "shop.py", "old": "a = 1", "new": "a = 2"})
    with model(
        monkeypatch, [Turn(calls=(READ,)), Turn(calls=(edit,)), Turn(calls=(CHECK,)), DONE]
    ) as there:
        outcome = openai.work(task)
    assert (task.tree / "shop.py").read_text() == RIGHT and outcome.answer == ANSWER
    assert {seen.path for seen in there.turns()} == {"/v1/chat/completions"}
    assert charged(task) == 4


def test_every_answer_is_counted_once_with_its_cached_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path)
    used = Usage(input=1000, output=500, cache_read=2000, cache_write=300)
    with model(monkeypatch, [Turn(calls=(patch(),), usage=used), DONE]):
        openai.work(task)
    first = spendings(task.meter.run)[0].usage
    assert (first.input_tokens, first.cache_read_tokens, first.cache_write_tokens) == (
        1000,
        2000,
        300,
    )
    assert (first.output_tokens, first.model) == (500, MODEL)
    assert first.usd > 0 and first.priced


def test_the_transcript_tells_it_all_but_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path)
    secret = "ghp_" + "a1B2" * 9
    (task.tree / "shop.py").write_text(f"{WRONG}# {KEY} {secret}\n")
    with model(monkeypatch, FIXED) as there:
        openai.work(task)
    place = task.scratch / "transcript.jsonl"
    assert place.stat().st_mode & 0o777 == 0o600
    assert KEY not in place.read_text() and secret not in place.read_text()
    kinds = [json.loads(line)["kind"] for line in place.read_text().splitlines()]
    assert kinds == ["prompt", "answer", *["call", "result", "answer"] * 3, "end"]
    assert "Make a equal 2." in heard(task, "prompt")[0]["text"]
    sent = json.dumps([seen.body for seen in there.seen])
    assert secret not in sent and KEY not in sent, "the vendor is not told what looks like a secret"
    assert "redacted" in sent


def test_prose_around_the_answer_is_tolerated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"Here it is:\n```json\n{json.dumps(ANSWER)}\n```\nBye."
    with model(monkeypatch, [Turn(calls=(patch(),)), Turn(said)]):
        assert openai.work(job(tmp_path)).answer == ANSWER


def test_edits_without_an_answer_are_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with model(monkeypatch, [Turn(calls=(patch(),)), Turn("Done.")]) as there:
        outcome = openai.work(job(tmp_path))
    assert outcome.answer is None and outcome.explanation == "Done." and there.script.told == 2


def test_a_question_is_answered_from_a_tree_that_cannot_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(tmp_path)
    edit = Call("edit_file", {"path": "shop.py", "old": "a = 1", "new": "a = 2"})
    with model(monkeypatch, [Turn(calls=(READ, edit)), DONE]) as there:
        answer = openai.ask(question(tmp_path))
    assert answer.value == ANSWER and answer.turns == 2
    assert (tmp_path / "tree/shop.py").read_text() == WRONG
    offered = {tool.get("name", tool["type"]) for tool in there.seen[0].body["tools"]}
    assert offered == {"read_file", "list_files", "search"}


def test_an_answer_that_does_not_fit_is_asked_for_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(tmp_path)
    with model(monkeypatch, [Turn('{"change": 1}'), DONE]) as there:
        assert openai.ask(question(tmp_path)).value == ANSWER
    assert "does not fit" in json.dumps(there.turns()[1].body["input"])
    (tmp_path / "again").mkdir()
    job(tmp_path / "again")
    with (
        model(monkeypatch, [Turn("{}"), Turn("{}"), DONE]) as there,
        pytest.raises(AgentFault) as fault,
    ):
        openai.ask(question(tmp_path / "again"))
    assert fault.value.kind == "no_answer" and there.script.told == 2
    assert charged(question(tmp_path / "again")) == 2


def test_without_a_key_it_says_how_to_enable_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert "OPENAI_API_KEY" in (openai.unavailable({}) or "")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert openai.unavailable({}) is None
    monkeypatch.setitem(EXTRAS, "openai", replace(EXTRAS["openai"], package="no_such_package"))
    assert "not installed" in (openai.unavailable({}) or "")


def test_a_damaged_key_is_told_without_being_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path)
    with model(monkeypatch, [DONE]) as there:
        monkeypatch.setenv("OPENAI_API_KEY", f"  {KEY}\n")
        openai.work(task)  # what surrounds it is no part of it
        assert there.seen[0].key == KEY
        monkeypatch.setenv("OPENAI_API_KEY", "sec\nret")
        with pytest.raises(AgentFault) as met:
            openai.work(task)
    assert met.value.kind == "key" and "ret" not in met.value.what.replace("OPENAI", "")


def test_an_empty_address_is_the_vendors_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workflow's unset variable arrives as an empty text."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setattr(openai_talk, "OPENAI", replace(OPENAI, default="http://127.0.0.1:9/v1"))
    monkeypatch.setattr(openai_faults, "FIRST_WAIT", 0.01)
    with pytest.raises(AgentFault, match="connection") as met:
        openai.work(job(tmp_path))
    assert met.value.kind == "unreachable"


def test_the_sdk_is_not_imported_before_there_is_work() -> None:
    program = (
        "import sys; from improve.agents import registry; registry.agent('openai').unavailable({});"
        "print([name for name in sys.modules if name in ('agents', 'openai', 'httpx2', 'mcp')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PATH": os.environ["PATH"], "OPENAI_API_KEY": "k"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stdout


def test_a_gateway_that_tells_no_usage_is_counted_by_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.model_servers import openai_responses

    told = openai_responses.body

    def untold(*given: Any) -> dict[str, Any]:
        return {**told(*given), "usage": None}

    monkeypatch.setattr(openai_responses, "body", untold)
    task = job(tmp_path)
    with model(monkeypatch, [DONE]):
        openai.work(task)
    used = spendings(task.meter.run)[0].usage
    assert used.input_tokens > 100 and used.output_tokens > 10
    assert tasks.meter(task.meter.run, usd=0.0001).exhausted()
