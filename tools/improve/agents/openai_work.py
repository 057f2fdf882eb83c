"""The two verbs of ``openai``: a task that edits a tree, a question that is answered with JSON."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents import Tool as SdkTool
from improve.agents import openai_tools, tools
from improve.agents.answers import NoAnswer, read_answer
from improve.agents.fence import Bounds
from improve.agents.openai_talk import Talk, chat, hold
from improve.agents.protocol import AgentFault, Answer, Outcome, Question, Task
from improve.agents.shell import shell
from improve.agents.transcript import transcript
from improve.prompts import render
from improve.workbench.services import OPENAI

SYSTEM = Path(__file__).with_name("openai-system.md.j2")
QUESTION_TURNS, DEFAULT_TURNS = 20, 60


def work(task: Task) -> Outcome:
    """See ``improve.agents.openai.work``."""
    with transcript(task.scratch, secrets=_secrets()) as say:
        calls = tools.Calls(say, task.keep)
        run = shell(task)
        system = render(SYSTEM, {"tree": str(task.tree), "working": True, "shell": run is not None,
                                 "answer": task.answer_schema is not None})  # fmt: skip
        turns = int(str(task.options.get("agent-turns", DEFAULT_TURNS)))
        talk = Talk(task, _tools(task, calls, run), system, task.answer_schema, turns, say)
        try:
            text, answers = hold(talk, task.prompt.read_text("utf-8", "replace"))
        except AgentFault as fault:
            fault.denied = tuple(calls.denied)
            raise
    answer = _fitting(text, task.answer_schema)
    told = answer or {}
    return Outcome(
        changed=True,
        explanation=str(told.get("change") or told.get("how") or text).strip(),
        doubt=str(told.get("doubt") or ""),
        gave_up=str(told.get("gave_up") or told.get("missing") or ""),
        answer=answer,
        turns=answers,
        denied=tuple(calls.denied),
    )


def ask(question: Question) -> Answer:
    """See ``improve.agents.openai.ask``."""
    with transcript(question.scratch, secrets=_secrets()) as say:
        calls = tools.Calls(say, lambda: None)
        reading = tools.reading(Bounds(question.tree)) if question.tree else []
        given = openai_tools.functions(calls, reading)
        system = render(
            SYSTEM, {"tree": str(question.tree or ""), "working": False, "answer": True}
        )
        talk = Talk(question, given, system, question.schema, QUESTION_TURNS, say)
        text, answers = hold(talk, question.prompt.read_text("utf-8", "replace"))
    value = _fitting(text, question.schema)
    if value is None:
        raise AgentFault("no_answer", "The model ended without an answer that fits the schema.")
    return Answer(value, answers)


def _fitting(text: str, schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if schema is not None:
        with contextlib.suppress(NoAnswer):
            return read_answer(text, schema)
    return None


def _tools(task: Task, calls: tools.Calls, run: openai_tools.Run | None) -> list[SdkTool]:
    installed = (Path(task.environment.python).parent.parent,) if task.environment else ()
    bounds = Bounds(task.tree, task.frozen, installed)
    given = openai_tools.functions(calls, [*tools.reading(bounds), *tools.running(task)])
    if chat(task.options):
        given += openai_tools.functions(calls, tools.editing(bounds), edits=True)
        return given + (openai_tools.shell_function(calls, run) if run else [])
    given.append(openai_tools.patching(calls, bounds))
    return given + ([openai_tools.shell_tool(calls, run)] if run else [])


def _secrets() -> list[str]:
    return [os.environ.get(OPENAI.key, "")]
