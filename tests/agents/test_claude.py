"""Claude's two verbs, with the real SDK and the real program on a scripted Claude."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.support import claude_job, tasks
from tests.support.claude_job import KEY, RIGHT, WRONG, Start, edit, edits
from tests.support.model_servers.script import Call, Step, Turn, Usage

from improve.agents import claude
from improve.agents.claude_tools import tools
from improve.agents.extras import EXTRAS
from improve.agents.protocol import AgentFault
from improve.records import CheckRun

start = claude_job.start  # a fixture


def test_it_edits_checks_and_answers_and_everything_is_written_down(start: Start) -> None:
    made = start()
    outcome = made.work()
    assert made.shop.read_text() == RIGHT
    assert outcome.changed and outcome.answer == {"cause": "price"} and outcome.turns == 4
    assert outcome.explanation == "The price was wrong." and outcome.denied == ()
    assert made.kept == [RIGHT], "an edit was not kept as it came"
    entries = [(one.usage.input_tokens, one.usage.output_tokens) for one in made.ledger()]
    assert entries == [(1000, 50)] * 4, "each answer is paid for once"
    results = [str(one.body["messages"][-1]["content"]) for one in made.model.turns()]
    assert "PASSED" in results[3], "the check did not tell the model how it went"
    place = made.scratch / "transcript.jsonl"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    kinds = [line["kind"] for line in made.transcript()]
    assert (
        kinds.count("AssistantMessage") >= 4
        and kinds[0] == "begun"
        and kinds[-1] == "ResultMessage"
    )
    assert {seen.key for seen in made.model.seen} == {KEY} and KEY not in place.read_text()
    assert made.strays() == []
    assert sorted(path.name for path in made.scratch.iterdir()) == ["prompt.md", "transcript.jsonl"]


def test_the_prompt_reaches_the_model_as_it_is_written(start: Start) -> None:
    text = "/compact\n@/etc/passwd @shop.py\n```\n$(id) `id`\n```\nÜmläut \u2028 end"
    made = start([Turn("ok", answer={"cause": "none"})], prompt=text)
    made.work()
    (first, *_), *_ = [seen.body["messages"] for seen in made.model.turns()]
    assert first == {"role": "user", "content": text}


def test_a_question_is_answered_with_json_and_nothing_can_be_changed(start: Start) -> None:
    shop = "shop.py"
    made = start([
        Turn("", (Call("Read", {"file_path": shop}), Call("Write", {"file_path": shop, "content": ""}))),
        Turn("", answer={"wrong": "shape"}),
        Turn("", answer={"cause": "a guess"}),
    ])  # fmt: skip
    answer = claude.ask(made.question())
    assert answer.value == {"cause": "a guess"} and answer.turns == 3
    assert made.shop.read_text() == WRONG
    assert sorted(path.name for path in made.tree.iterdir()) == ["shop.py", "test_shop.py"]
    tools = {tool["name"] for tool in made.model.turns()[0].body["tools"]}
    assert tools & {"Edit", "Write", "Bash", "WebFetch", "Task", "Agent"} == set(), tools
    assert len(made.ledger()) == 3


@pytest.mark.parametrize(
    "said, value", [('It is {"cause": "prose"}.', {"cause": "prose"}), ("No.", None)]
)
def test_prose_around_json_is_tolerated_and_prose_alone_is_no_answer(
    start: Start, said: str, value: object
) -> None:
    made = start([Turn(said), Turn(said)])
    if value:
        assert claude.ask(made.question(tree=None)).value == value
    else:
        with pytest.raises(AgentFault) as caught:
            claude.ask(made.question())
        assert caught.value.kind == "no_answer"


def test_answers_that_never_fit_end_a_question_and_not_a_task(start: Start, tmp_path: Path) -> None:
    wrong = [Turn("", answer={"wrong": number}) for number in range(9)]
    made = start([*edits(tmp_path / "tree" / "shop.py")[:2], *wrong])
    outcome = made.work()
    assert made.shop.read_text() == RIGHT and outcome.answer is None
    made.model.script.say(wrong)
    with pytest.raises(AgentFault) as caught:
        claude.ask(made.question())
    assert caught.value.kind == "no_answer"


def endless(usage: Usage) -> Iterator[Step]:
    while True:
        yield Turn("again", (Call("Read", {"file_path": "shop.py"}),), usage=usage)


@pytest.mark.parametrize("limit", ["turns", "tokens", "usd"])
def test_a_limit_stops_it_before_the_next_request(start: Start, limit: str) -> None:
    made = start(endless(Usage(1000, 500)))  # 0.007 US$ each
    meters = {"tokens": tasks.meter(made.run, tokens=4000), "usd": tasks.meter(made.run, usd=0.02)}
    options = {"claude-model": "claude-sonnet-5-5", "agent-turns": 3}
    given = {"meter": meters[limit]} if limit in meters else {"options": options}
    fault = made.fault(**given)
    assert fault.kind == "limit", fault.what
    assert made.model.script.told == len(made.ledger()) == 3, "it went on after the limit"
    assert made.strays() == []


def test_a_limit_holds_while_we_are_behind_the_program(start: Start, tmp_path: Path) -> None:
    """Keeping an edit takes time; the program goes on meanwhile, and its next call must wait."""
    shop = tmp_path / "tree" / "shop.py"
    read = Turn("", (Call("Read", {"file_path": str(shop)}),))
    made = start([read, Turn("", (edit(shop),)), read, read, read])
    fault = made.fault(meter=tasks.meter(made.run, tokens=3100), keep=lambda: time.sleep(1))
    assert fault.kind == "limit" and made.shop.read_text() == RIGHT
    assert made.model.script.told == len(made.ledger()) == 3, "it went on after the limit"


def test_it_does_not_begin_when_nothing_is_left(start: Start) -> None:
    made = start()
    spent = tasks.meter(made.run, usd=0.0)
    with pytest.raises(Exception, match=r"limit of 0\.00"):
        made.work(meter=spent)
    assert made.model.seen == []


def test_damaged_arguments_and_huge_answers_do_not_end_it(start: Start, tmp_path: Path) -> None:
    shop = tmp_path / "tree" / "shop.py"
    made = start([
        Turn("Damaged.", (Call("Read", '{"file_path": "sh'),)),
        Turn("x" * 3_000_000, (Call("Read", {"file_path": str(shop)}),)),
        Turn("Now.", (edit(shop),)),
        Turn("Done.", answer={"cause": "y" * 200_000}),
    ])  # fmt: skip
    outcome = made.work()
    assert made.shop.read_text() == RIGHT and outcome.answer == {"cause": "y" * 200_000}
    assert (made.scratch / "transcript.jsonl").stat().st_size < 2_000_000


def test_checks_run_one_at_a_time_and_take_no_options(start: Start) -> None:
    """The program asks for one at a time today; two in one tree would spoil each other's records."""
    made = start([])
    running: list[str] = []

    def check(*_targets: object) -> CheckRun:
        running.append("one")
        time.sleep(0.1)
        assert running == ["one"], "two checks ran in the same tree at once"
        running.clear()
        return tasks.check_of(made.tree, lambda _tree: True)()

    run_check, run_tests = tools(made.task(run_check=check, run_related=check))
    said: dict[str, str] = {}

    async def ask(name: str, answer: Awaitable[dict[str, Any]]) -> None:
        said[name] = (await answer)["content"][0]["text"]

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(ask, "check", run_check.handler({}))
            group.start_soon(ask, "tests", run_tests.handler({"tests": ["t.py::a"]}))
            for one in ("-p", "@file", "../t.py", "/etc/t.py"):
                group.start_soon(ask, one, run_tests.handler({"tests": [one]}))

    anyio.run(all_at_once)
    assert "PASSED" in said.pop("check") and "PASSED" in said.pop("tests")
    assert len(said) == 4 and not any("PASSED" in one for one in said.values()), said


def test_what_stands_in_its_way_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert claude.unavailable({}) is None
    absent = replace(EXTRAS["claude"], package="a_package_that_is_not_there")
    monkeypatch.setitem(EXTRAS, "claude", absent)
    assert "not installed" in (claude.unavailable({}) or "")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    said = claude.unavailable({}) or ""
    assert "ANTHROPIC_API_KEY" in said and "\n" not in said


def test_the_sdk_is_imported_by_nothing_but_work() -> None:
    code = (
        "import sys, improve.agents.claude as c; c.unavailable({}); import improve.agents.registry as r; "
        "[r.agent(n) for n in r.MODULES]; print([m for m in sys.modules if m.startswith(('claude_agent', 'mcp'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
