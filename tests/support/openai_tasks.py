"""The real Agents SDK on a scripted model: a small job, and calls as such a model makes them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import tasks
from tests.support.model_servers import openai as scripted
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Step, Turn
from tests.support.repositories import write

from improve.agents.protocol import Question, Task
from improve.ledger import spendings

KEY = "sk-proj-0123456789abcdefghijklmnopqrstuv"
MODEL = "gpt-6.1-sol"
WRONG, RIGHT = "a = 1\n", "a = 2\n"
SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["change", "doubt"],
    "properties": {"change": {"type": "string"}, "doubt": {"type": "string"}},
}  # fmt: skip
ANSWER = {"change": "a was 1 and has to be 2", "doubt": "none"}
READ = Call("read_file", {"path": "shop.py", "first": 1, "count": 20})
CHECK = Call("run_check", {})
DONE = Turn(answer=ANSWER)


def patch(
    path: str = "shop.py", diff: str = "@@\n-a = 1\n+a = 2\n", kind: str = "update_file"
) -> Call:
    """A call of the API's own patch tool."""
    operation = {"type": kind, "path": path}
    return Call("apply_patch", operation if kind == "delete_file" else {**operation, "diff": diff})


def shell(*commands: str, **more: Any) -> Call:
    """A call of the API's own shell tool."""
    return Call("shell", {"commands": list(commands), **more})


FIXED = [Turn("I look.", calls=(READ,)), Turn(calls=(patch(),)), Turn(calls=(CHECK,)), DONE]


def job(place: Path, **given: Any) -> Task:
    """A tree in which ``shop.py`` says ``a = 1``; the check passes when it says 2."""
    tree, scratch = place / "tree", place / "attempts" / "1"
    write(tree, {"shop.py": WRONG, "tests/test_shop.py": "from shop import a\n"})
    write(scratch, {"prompt.md": "Make a equal 2.\n"})
    check = tasks.check_of(tree, lambda t: (t / "shop.py").read_text() == RIGHT, "a is not 2")
    world = {"PATH": os.environ["PATH"], "HOME": str(scratch / "home"), "LANG": "C.UTF-8"}
    values: dict[str, Any] = {
        "frozen": ("tests/test_shop.py",), "answer_schema": SCHEMA, "test_environ": lambda: world,
        "meter": tasks.meter(place, "openai"), "options": {"openai-model": MODEL},
    }  # fmt: skip
    return tasks.make(tree, scratch, check, **{**values, **given})


def question(place: Path, **given: Any) -> Question:
    """A question about the tree of ``job``, which has to be there."""
    values: dict[str, Any] = {
        "prompt": place / "attempts" / "1" / "prompt.md", "schema": SCHEMA, "scratch": place / "ask",
        "seconds_left": tasks.seconds(10), "meter": tasks.meter(place, "openai"),
        "progress": lambda _text: None, "tree": place / "tree", "options": {"openai-model": MODEL},
    }  # fmt: skip
    return Question(**{**values, **given})


@contextlib.contextmanager
def model(monkeypatch: pytest.MonkeyPatch, turns: Iterable[Step]) -> Iterator[ModelServer]:
    """A scripted model that OPENAI_BASE_URL leads to."""
    with scripted.serve(turns) as there:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{there.url}/v1")
        yield there


def heard(task: Task | Question, kind: str) -> list[Any]:
    """Messages of one kind in the transcript."""
    lines = (task.scratch / "transcript.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    return [one["message"] for one in told if one["kind"] == kind]


def results(task: Task | Question) -> list[str]:
    """What the model was told after its calls."""
    return [one["text"] for one in heard(task, "result")]


def charged(task: Task | Question) -> int:
    """How many answers stand in the ledger."""
    return len(spendings(task.meter.run))
