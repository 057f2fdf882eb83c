"""One conversation with a model by the Agents SDK: what it is given, how it is limited, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from openai import AsyncOpenAI

from agents import (
    Agent,
    AgentOutputSchemaBase,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
)
from agents import Tool as SdkTool
from improve.agents import openai_tools, tools
from improve.agents.answers import NoAnswer, read_answer
from improve.agents.fence import Bounds
from improve.agents.openai_faults import trouble
from improve.agents.openai_model import Counted
from improve.agents.protocol import AgentFault, Answer, Outcome, Question, Task
from improve.agents.shell import shell
from improve.agents.transcript import Write, transcript
from improve.prompts import render

KEY = "OPENAI_API_KEY"
SYSTEM = Path(__file__).with_name("openai-system.md.j2")
CONNECT, STILL = 20.0, 300.0  # seconds for a connection, and between two pieces of an answer
QUESTION_TURNS = 20
T = TypeVar("T")


class Final(AgentOutputSchemaBase):
    """The closing answer's schema, for the API alone: what comes back is read by ``answers``,
    which tolerates prose and says what does not fit."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def is_plain_text(self) -> bool:
        return False

    def name(self) -> str:
        return "answer"

    def json_schema(self) -> dict[str, Any]:
        return {name: value for name, value in self.schema.items() if name != "$schema"}

    def is_strict_json_schema(self) -> bool:
        return False  # hand-written schemas may use what OpenAI's strict subset lacks

    def validate_json(self, json_str: str) -> Any:
        return json_str


@dataclass(frozen=True)
class Talk:
    """A conversation that is about to be had."""

    job: Task | Question
    tools: Sequence[SdkTool]
    system: str
    schema: Mapping[str, Any] | None
    turns: int
    say: Write


def work(task: Task) -> Outcome:
    """See ``improve.agents.openai.work``."""
    with transcript(task.scratch, secrets=_secrets()) as say:
        calls = tools.Calls(say, task.keep)
        run = shell(task)
        system = render(SYSTEM, {"tree": str(task.tree), "working": True, "shell": run is not None,
                                 "answer": task.answer_schema is not None})  # fmt: skip
        turns = int(str(task.options.get("agent-turns", 60)))
        talk = Talk(task, _tools(task, calls, run), system, task.answer_schema, turns, say)
        text, answers = _held(talk, task.prompt.read_text("utf-8"))
    answer = None
    if task.answer_schema is not None:
        with contextlib.suppress(NoAnswer):
            answer = read_answer(text, task.answer_schema)
    return Outcome(
        changed=True, explanation=_explanation(text, answer), answer=answer, turns=answers,
        denied=tuple(calls.denied),
    )  # fmt: skip


def ask(question: Question) -> Answer:
    """See ``improve.agents.openai.ask``."""
    with transcript(question.scratch, secrets=_secrets()) as say:
        calls = tools.Calls(say, lambda: None)
        given = (
            openai_tools.functions(calls, tools.reading(Bounds(question.tree)))
            if question.tree
            else []
        )
        system = render(
            SYSTEM, {"tree": str(question.tree or ""), "working": False, "answer": True}
        )
        talk = Talk(question, given, system, question.schema, QUESTION_TURNS, say)
        text, answers = _held(talk, question.prompt.read_text("utf-8"))
        try:
            return Answer(read_answer(text, question.schema), answers)
        except NoAnswer as error:
            say("fault", {"kind": "no_answer", "what": str(error)})
            raise AgentFault("no_answer", str(error)) from error


def _tools(task: Task, calls: tools.Calls, run: openai_tools.Run | None) -> list[SdkTool]:
    installed = (Path(task.environment.python).parent.parent,) if task.environment else ()
    bounds = Bounds(task.tree, task.frozen, installed)
    given = openai_tools.functions(calls, [*tools.reading(bounds), *tools.running(task)])
    if _chat(task.options):
        given += openai_tools.functions(calls, tools.editing(bounds), edits=True)
        return given + (openai_tools.shell_function(calls, run) if run else [])
    given.append(openai_tools.patching(calls, bounds))
    return given + ([openai_tools.shell_tool(calls, run)] if run else [])


def _chat(options: Mapping[str, object]) -> bool:
    return options.get("openai-api") == "chat"


def _secrets() -> list[str]:
    return [os.environ.get(KEY, "")]


def _explanation(text: str, answer: Mapping[str, Any] | None) -> str:
    told = (answer or {}).get("explanation") or (answer or {}).get("summary")
    return str(told or text).strip()[:10_000]


def _held(talk: Talk, prompt: str) -> tuple[str, int]:
    """What the model said last, and how many answers it gave. Raises: AgentFault."""
    talk.say("prompt", {"system": talk.system, "text": prompt})
    try:
        return _run(_conversation(talk, prompt))
    except AgentFault as fault:
        talk.say("end", {"fault": fault.kind, "what": fault.what})
        raise


async def _conversation(talk: Talk, prompt: str) -> tuple[str, int]:
    options, limit = talk.job.options, talk.job.seconds_left()
    name = str(options.get("openai-model", ""))
    patience = httpx2.Timeout(STILL, connect=CONNECT)
    async with AsyncOpenAI(api_key=os.environ[KEY], max_retries=0, timeout=patience) as client:
        kind = OpenAIChatCompletionsModel if _chat(options) else OpenAIResponsesModel
        model = Counted(kind(name, client), name, talk.job.meter, talk.job.seconds_left, talk.say)
        # Nothing is left with the vendor (store); a gateway tells usage only when asked to.
        settings = ModelSettings(store=False, include_usage=True)
        agent = Agent("improve", instructions=talk.system, tools=list(talk.tools), model=model,
                      model_settings=settings, output_type=Final(talk.schema) if talk.schema else None)  # fmt: skip
        config = RunConfig(tracing_disabled=True, tool_not_found_behavior="return_error_to_model")
        going = Runner.run(agent, prompt, max_turns=talk.turns, run_config=config)
        try:
            result = await asyncio.wait_for(going, limit)
        except asyncio.TimeoutError:
            raise AgentFault(
                "deadline", f"the model was still at work after {limit:.0f} s"
            ) from None
        except Exception as error:
            raise trouble(error, 1).fault from error
        talk.say("end", {"text": result.final_output})
        return str(result.final_output or ""), model.turns


def _run(main: Coroutine[Any, Any, T]) -> T:
    """``main``, to its end, in a loop of its own.

    Not asyncio.run: it keeps an interrupt to itself until the running tool has ended.
    """
    for name in ("openai", "openai.agents"):  # without a handler, errors go to the user's terminal
        logging.getLogger(name).addHandler(logging.NullHandler())
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_ended())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _ended() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
