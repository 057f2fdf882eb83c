"""Claude's two verbs: a task that edits a tree, a question that is answered with JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from claude_agent_sdk.types import McpSdkServerConfig

from improve.agents import claude_faults, claude_hooks, claude_options, claude_tools
from improve.agents.answers import NoAnswer, misfits, read_answer
from improve.agents.claude_conversation import converse
from improve.agents.claude_session import Session
from improve.agents.claude_usage import Counting
from improve.agents.claude_world import World, world
from improve.agents.fence import Bounds
from improve.agents.protocol import AgentFault, Answer, Outcome, Question, Task
from improve.agents.transcript import transcript
from improve.prompts import render
from improve.workbench.services import ANTHROPIC

SYSTEM = Path(__file__).with_name("claude-system.md.j2")
CLOSING_SECONDS = 1.0  # to end the program and to write down what it did
LEAST_SECONDS = 1.0
DEFAULT_TURNS = 60
LONGEST_WORDS = 4000  # characters of its closing words; all of them are in the transcript


def work(task: Task) -> Outcome:
    """See ``claude.work``."""
    python = Path(task.environment.python) if task.environment else None
    said = _session(
        task, Bounds(task.tree, task.frozen), python, task.test_environ(),
        schema=task.answer_schema, server=claude_tools.server(task), edited=task.keep,
    )  # fmt: skip
    return Outcome(
        changed=True,
        explanation=said.texts[-1][:LONGEST_WORDS] if said.texts else "",
        answer=_fitting(said, task.answer_schema),
        turns=said.counting.answers,
        denied=tuple(said.denied),
    )


def ask(question: Question) -> Answer:
    """See ``claude.ask``."""
    tree = question.tree
    if tree is None:
        tree = question.scratch / "nothing"
        tree.mkdir(parents=True, exist_ok=True)
    said = _session(question, Bounds(tree), None, {"PATH": os.defpath}, schema=question.schema)
    value = _fitting(said, question.schema)
    if value is None:
        raise AgentFault("no_answer", "Claude ended without an answer that fits the schema.")
    return Answer(value, said.counting.answers)


def _session(
    job: Task | Question,
    bounds: Bounds,
    python: Path | None,
    environ: Mapping[str, str],
    *,
    schema: Mapping[str, Any] | None,
    server: McpSdkServerConfig | None = None,
    edited: Callable[[], None] = lambda: None,
) -> Session:
    """Raises: AgentFault."""
    turns = _turns(job.options)
    seconds = max(LEAST_SECONDS, job.seconds_left() - CLOSING_SECONDS)
    model = str(job.options[ANTHROPIC.model_setting])
    job.meter.check()
    with (
        world(job.scratch, bounds, python, environ, seconds, model, job.meter) as there,
        transcript(job.scratch, (os.environ[ANTHROPIC.key],)) as write,
    ):
        tools = frozenset(claude_options.READING)
        if server:
            tools |= {*claude_options.WRITING, *(["Bash"] if there.shell else [])}
        session = Session(Counting(job.meter), write, job.progress, edited, tools, turns)
        hooks = claude_hooks.matchers(bounds, tools, session.ready, session.refuse)
        options = claude_options.options(
            tree=bounds.tree, launcher=there.launcher.script,
            system=_system(there, bounds.tree, tools, schema),
            model=model, turns=turns, tools=tools, hooks=hooks,
            stderr=session.complain, schema=schema, server=server,
        )  # fmt: skip
        write("begun", {"model": options.model, "tools": sorted(tools), "sandbox": there.level})
        job.progress(f"claude works ({options.model})")
        prompt = job.prompt.read_text("utf-8", "replace")
        try:
            converse(session, options, prompt, seconds, there)
            _ended_well(session)
        except AgentFault as fault:
            fault.denied = tuple(session.denied)
            raise
    return session


def _ended_well(session: Session) -> None:
    """Raises: AgentFault when the program's own last word is one, or there is none."""
    if session.result is None:
        raise AgentFault("broken", "The claude program ended without a word.")
    fault = claude_faults.of_result(session.result)
    if fault and fault.kind != "no_answer":  # a task is judged by its edits, not by its words
        raise fault


def _turns(options: Mapping[str, object]) -> int:
    given = options.get("agent-turns", DEFAULT_TURNS)
    return given if isinstance(given, int) and given > 0 else DEFAULT_TURNS


def _system(there: World, tree: Path, tools: frozenset[str], schema: object) -> Path:
    place = there.own / "system.md"
    values = {"tree": tree, "working": "Edit" in tools, "bash": "Bash" in tools}
    place.write_text(render(SYSTEM, {**values, "answer": schema is not None}))
    return place


def _fitting(said: Session, schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The structured answer, if one fits: the program's own word, then what stands in its prose."""
    if schema is None:
        return None
    given = said.result.structured_output if said.result else None
    if isinstance(given, dict) and not misfits(given, schema):
        return given
    try:
        return read_answer("\n".join(said.texts), schema)
    except NoAnswer:
        return None
