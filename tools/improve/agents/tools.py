"""The tools that a model is given where we run the loop: names, what they take, what they do.

No SDK is known here. A call ends in a text for the model, whatever happens: what was refused is
said, kept for the report, and the conversation goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from improve.agents import checking, files
from improve.agents.answers import misfits
from improve.agents.fence import Bounds, Outside, Refused
from improve.agents.protocol import Task
from improve.errors import ImproveError
from improve.evidence import redact

Say = Callable[[str, Any], None]  # the transcript
LONGEST_ARGUMENTS = 4 << 20


@dataclass(frozen=True)
class Tool:
    """``parameters``: JSON Schema of each argument, all of them required; ``run`` takes them by name."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    run: Callable[..., str]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of a call's arguments, as strict as OpenAI's strict mode asks for."""
        return {
            "type": "object", "properties": {name: dict(one) for name, one in self.parameters.items()},
            "required": list(self.parameters), "additionalProperties": False,
        }  # fmt: skip


@dataclass(frozen=True)
class Calls:
    """What happened to the calls of one conversation."""

    say: Say
    edited: Callable[[], None]  # after every edit
    denied: list[str] = field(default_factory=list)

    def done(
        self, name: str, arguments: Any, action: Callable[[], str], *, edits: bool = False
    ) -> tuple[str, bool]:
        """The text for the model, and whether the call was done."""
        self.say("call", {"tool": name, "arguments": arguments})
        try:
            text, good = redact(action()), True
            if edits:
                self.edited()
        except Outside as error:
            self.denied.append(f"{name}: {error}")
            text, good = f"Refused: {error}", False
        except Refused as error:
            text, good = f"Not done: {error}", False
        except ImproveError as error:
            text, good = f"Not done: {redact(error.what)}", False
        self.say("result", {"tool": name, "done": good, "text": text})
        return text, good


def call(calls: Calls, tool: Tool, arguments: str, *, edits: bool = False) -> str:
    """The text for the model; ``arguments`` is JSON as the model wrote it."""

    def action() -> str:
        return tool.run(**_read(tool, arguments))

    return calls.done(tool.name, arguments, action, edits=edits)[0]


def _read(tool: Tool, arguments: str) -> dict[str, Any]:
    if len(arguments) > LONGEST_ARGUMENTS:
        raise Refused(f"the arguments have {len(arguments)} characters")
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise Refused(f"the arguments are no JSON: {error}") from error
    if problems := misfits(given, tool.schema):
        raise Refused(f"the arguments do not fit: {problems[0]}")
    return dict(given)


TEXT = {"type": "string"}
PATH = {"type": "string", "description": "relative to the project"}
FOLDER = {"type": "string", "description": "relative to the project; . for all of it"}
NUMBER = {"type": "integer"}


def reading(bounds: Bounds) -> list[Tool]:
    """Tools that change nothing."""
    return [
        Tool("read_file", "Lines of a text file, with their numbers.",
             {"path": PATH, "first": {**NUMBER, "description": "first line, from 1"},
              "count": {**NUMBER, "description": f"lines, at most {files.MOST_LINES}"}},
             partial(files.read_file, bounds)),
        Tool("list_files", "All files below a folder.", {"folder": FOLDER}, partial(files.list_files, bounds)),
        Tool("search", "Lines that hold a text, to the letter, with file and number.",
             {"text": TEXT, "folder": FOLDER}, partial(files.search, bounds)),
    ]  # fmt: skip


def running(task: Task) -> list[Tool]:
    """The very runs that will judge the work."""

    def run_check() -> str:
        task.progress("the agent runs the reproduction")
        return checking.told(task.run_check())

    def run_tests(tests: list[str]) -> str:
        chosen = checking.targets(tests)
        task.progress("the agent runs tests")
        return checking.told(task.run_related(chosen))

    tests = {"type": "array", "items": TEXT, "description": "pytest node ids or test files"}
    return [
        Tool("run_check", "Run the check that fails now and must pass.", {}, run_check),
        Tool("run_tests", "Run other tests of the project.", {"tests": tests}, run_tests),
    ]


def editing(bounds: Bounds) -> list[Tool]:
    """Edits for models without a patch tool of their own."""

    def edit_file(path: str, old: str, new: str) -> str:
        text = files.text_of(bounds, path)
        found = text.count(old) if old else 0
        if found != 1:
            raise Refused(
                f"the old text is in {path[:200]!r} {found} times; it has to be there once"
            )
        return files.write_file(bounds, path, text.replace(old, new))

    return [
        Tool("edit_file", "Replace a text that stands in a file exactly once.",
             {"path": PATH, "old": TEXT, "new": TEXT}, edit_file),
        Tool("write_file", "Make a file, or replace all that it holds.", {"path": PATH, "text": TEXT},
             partial(files.write_file, bounds)),
        Tool("delete_file", "Delete a file.", {"path": PATH}, partial(files.delete_file, bounds)),
    ]  # fmt: skip
