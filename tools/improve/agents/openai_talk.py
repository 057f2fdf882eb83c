"""One conversation with a model by the Agents SDK: how it is held, how it is limited, how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import time
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
from improve.agents.answers import NoAnswer, read_answer
from improve.agents.openai_faults import UNREACHABLE, trouble
from improve.agents.openai_model import Counted
from improve.agents.protocol import AgentFault, Question, Task
from improve.agents.transcript import Write
from improve.prompts import render
from improve.workbench.services import OPENAI

AGAIN = Path(__file__).with_name("openai-again.md.j2")
CONNECT, STILL = 20.0, 300.0  # seconds for a connection, and between two pieces of an answer
T = TypeVar("T")

# Each error would be a line on the user's terminal; what matters arrives as an exception.
for _name in ("openai", "openai.agents"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


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


def chat(options: Mapping[str, object]) -> bool:
    """Whether the gateway speaks chat completions alone."""
    return options.get("openai-api") == "chat"


def key() -> str:
    """The key, fit for a header. Raises: AgentFault."""
    found = os.environ[OPENAI.key].strip()
    if not found.isascii() or not found.isprintable():
        raise AgentFault("key", f"{OPENAI.key} is damaged.", "Set it again, in one line.")
    return found


def hold(talk: Talk, prompt: str) -> tuple[str, int]:
    """What the model said last, and how many answers it gave. Raises: AgentFault."""
    talk.say("prompt", {"system": talk.system, "text": prompt})
    try:
        return _run(_conversation(talk, prompt))
    except AgentFault as fault:
        talk.say("end", {"fault": fault.kind, "what": fault.what})
        raise


async def _conversation(talk: Talk, prompt: str) -> tuple[str, int]:
    options = talk.job.options
    name = str(options.get(OPENAI.model_setting, ""))
    patience = httpx2.Timeout(STILL, connect=CONNECT)
    async with AsyncOpenAI(api_key=key(), base_url=OPENAI.base(os.environ),
                           max_retries=0, timeout=patience) as client:  # fmt: skip
        kind = OpenAIChatCompletionsModel if chat(options) else OpenAIResponsesModel
        model = Counted(kind(name, client), name, talk.job.meter, talk.job.seconds_left, talk.say)
        # Nothing is left with the vendor; a conversation that grows too long loses its middle.
        settings = ModelSettings(store=False, truncation="auto")
        agent = Agent("improve", instructions=talk.system, tools=list(talk.tools), model=model,
                      model_settings=settings, output_type=Final(talk.schema) if talk.schema else None)  # fmt: skip
        config = RunConfig(tracing_disabled=True, tool_not_found_behavior="return_error_to_model")
        said = await _told(agent, talk, prompt, model, config)
        problem = _problem(said, talk.schema) if isinstance(talk.job, Question) else ""
        if problem:  # once more: most misfits are a form that a model can mend
            talk.say("misfit", problem)
            text = render(AGAIN, {"prompt": prompt, "said": said, "problem": problem})
            said = await _told(agent.clone(tools=[]), talk, text, model, config)
        talk.say("end", {"text": said})
        return said, model.turns


async def _told(
    agent: Agent[Any], talk: Talk, prompt: str, model: Counted, config: RunConfig
) -> str:
    """What the model said last. Raises: AgentFault."""
    limit = talk.job.seconds_left()
    going = Runner.run(agent, prompt, max_turns=talk.turns, run_config=config)
    try:
        return str((await asyncio.wait_for(going, limit)).final_output or "")
    except asyncio.TimeoutError:
        raise _late(model, limit) from None
    except Exception as error:
        raise trouble(error, 1).fault from error


def _late(model: Counted, limit: float) -> AgentFault:
    if model.trouble:
        return model.trouble  # it was still trying the same request again
    silent = time.monotonic() - model.waiting if model.waiting else 0
    if silent >= limit / 3:
        what = f"the model's service stood still: nothing came for {silent:.0f} s"
        return AgentFault("unreachable", what, UNREACHABLE)
    return AgentFault(
        "deadline", f"the model was still at work after {limit:.0f} s; the time was up"
    )


def _problem(text: str, schema: Mapping[str, Any] | None) -> str:
    try:
        read_answer(text, schema or {})
    except NoAnswer as error:
        return str(error)
    return ""


def _run(main: Coroutine[Any, Any, T]) -> T:
    """``main``, to its end, in a loop of its own.

    Not asyncio.run: it keeps an interrupt to itself until the running tool has ended.
    """
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
