"""A job for the real Claude program on a scripted Claude: a shop with one wrong number in it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support import tasks
from tests.support.model_servers import anthropic
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Step, Turn
from tests.support.repositories import write

from improve.agents import claude
from improve.agents.protocol import AgentFault, Outcome, Question, Task
from improve.ledger import spendings
from improve.records.usage import Spending
from improve.workbench import sandbox

KEY = "sk-ant-api03-canary-" + "k" * 30
MODEL = "claude-sonnet-5-5"
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"cause": {"type": "string"}},
    "required": ["cause"],
    "additionalProperties": False,
}
WRONG, RIGHT = "price = 1\n", "price = 2\n"


@dataclass
class Job:
    """One task, its folders, and what was learned about it."""

    top: Path
    model: ModelServer
    kept: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def tree(self) -> Path:
        return self.top / "tree"

    @property
    def run(self) -> Path:
        return self.top / "run"

    @property
    def scratch(self) -> Path:
        return self.run / "attempts" / "1"

    @property
    def shop(self) -> Path:
        return self.tree / "shop.py"

    def task(self, seconds: float = 20, **given: Any) -> Task:
        check = tasks.check_of(self.tree, lambda _tree: self.shop.read_text() == RIGHT)
        values: dict[str, Any] = {
            "seconds_left": tasks.seconds(seconds), "frozen": ("test_shop.py",), "answer_schema": SCHEMA,
            "meter": tasks.meter(self.run), "keep": lambda: self.kept.append(self.shop.read_text()),
            "progress": self.told.append, "options": {"claude-model": MODEL},
            "test_environ": lambda: {"PATH": "/usr/bin:/bin"},
        }  # fmt: skip
        return tasks.make(self.tree, self.scratch, check, **{**values, **given})

    def work(self, seconds: float = 20, **given: Any) -> Outcome:
        return claude.work(self.task(seconds, **given))

    def fault(self, seconds: float = 20, **given: Any) -> AgentFault:
        """The fault that it ends with."""
        with pytest.raises(AgentFault) as caught:
            self.work(seconds, **given)
        return caught.value

    def question(self, seconds: float = 20, **given: Any) -> Question:
        values: dict[str, Any] = {
            "prompt": self.scratch / "prompt.md", "schema": SCHEMA, "scratch": self.scratch,
            "seconds_left": tasks.seconds(seconds), "meter": tasks.meter(self.run),
            "progress": self.told.append, "tree": self.tree, "options": {"claude-model": MODEL},
        }  # fmt: skip
        return Question(**{**values, **given})

    def ledger(self) -> list[Spending]:
        return spendings(self.run)

    def transcript(self) -> list[dict[str, Any]]:
        """The lines of the transcript, each a JSON object."""
        lines = (self.scratch / "transcript.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def heard(self) -> str:
        """All that the model's service was ever sent, and all that lies in the run folder."""
        sent = [json.dumps([seen.path, seen.headers, seen.body]) for seen in self.model.seen]
        files = [path for path in self.run.rglob("*") if path.is_file() and not path.is_symlink()]
        return "\n".join(sent + [path.read_text("utf-8", "replace") for path in files])

    def strays(self, patience: float = 3.0) -> list[str]:
        """Processes that carry this run's mark and still run after ``patience`` seconds."""
        end = time.monotonic() + patience
        while (found := marked(self.run)) and time.monotonic() < end:
            time.sleep(0.05)
        return found


def marked(run: Path) -> list[str]:
    """The command lines of running processes that carry the mark of ``run``."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mine = process.environ().get("IMPROVE_RUN") == str(run)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline())[:200])
    return found


Start = Callable[..., Job]


@contextlib.contextmanager
def job(
    top: Path, turns: Iterable[Step], monkeypatch: pytest.MonkeyPatch, prompt: str = "Repair it."
) -> Iterator[Job]:
    """A job on a model that says ``turns``. The environment holds the key and the model's address."""
    with anthropic.serve(turns) as model:
        made = Job(top, model)
        write(made.tree, {"shop.py": WRONG, "test_shop.py": "assert price == 2\n"})
        write(made.scratch, {"prompt.md": prompt})
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", model.url)
        monkeypatch.setenv("IMPROVE_RUN", str(made.run))
        yield made


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Begin a job on a model that says these turns; by default it does its job."""
    with contextlib.ExitStack() as open_:

        def begin(turns: Iterable[Step] | None = None, **given: str) -> Job:
            said = edits(tmp_path / "tree" / "shop.py") if turns is None else turns
            return open_.enter_context(job(tmp_path, said, monkeypatch, **given))

        yield begin


@pytest.fixture
def unsandboxed() -> Iterator[None]:
    """A machine without a sandbox: what holds without one, and the control of what does not."""
    before = sandbox.decided()
    sandbox.decide(sandbox.Policy(wish="off"))
    yield
    sandbox.decide(before)


def edits(shop: Path) -> list[Turn]:
    """The turns of a model that does its job: it reads, edits, checks and answers."""
    return [
        Turn("I read it.", (Call("Read", {"file_path": str(shop)}),)),
        Turn("I edit it.", (edit(shop),)),
        Turn("I check it.", (Call("mcp__improve__run_check"),)),
        Turn("The price was wrong.", answer={"cause": "price"}),
    ]


def edit(shop: Path) -> Call:
    """The right edit. The file must have been read before."""
    return Call("Edit", {"file_path": str(shop), "old_string": "= 1", "new_string": "= 2"})
