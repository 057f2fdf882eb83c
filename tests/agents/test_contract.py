"""What the loop relies on, whoever works: one table over all backends, through the door that it uses.

An end within the time, its kind, what is left of the edits, what is paid, the transcript, nothing that
still runs, nobody asked twice. Faults and fences of the models: ``test_claude_*``, ``test_openai_*``.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.agents.test_plain_agents import PATCH, person
from tests.support import tasks
from tests.support.claude_job import marked
from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Fault, Step, Turn
from tests.support.openai_tasks import READ, RIGHT, WRONG, patch
from tests.support.repositories import write

from improve.agents import registry
from improve.agents.extras import EXTRAS
from improve.agents.obtain import obtain
from improve.agents.protocol import AgentFault, Answering, Outcome, Question, Task
from improve.errors import ImproveError
from improve.ledger import spendings
from improve.records import CheckRun, Failure, Frame

SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["cause"],
    "properties": {"cause": {"type": "string"}},
}  # fmt: skip
ANSWER = {"cause": "a is 1"}
KEYS = {"claude": "sk-ant-api03-contract-" + "k" * 30, "openai": "sk-contract-" + "k" * 30}
SECONDS, SLACK = 20.0, 30.0
SHORT = {"claude": 6.0, "openai": 1.5, "command": 1.0, "manual": 0.5, "embedded": 7.5}
CLAUDE = {
    "read": Call("Read", {"file_path": "shop.py"}),
    "edit": Call("Edit", {"file_path": "shop.py", "old_string": "a = 1", "new_string": "a = 2"}),
}
OPENAI = {"read": READ, "edit": patch()}
PROGRAMS = {
    "succeeds": "open('shop.py', 'w').write('a = 2\\n'); print('a was 1')",
    "gives up": "print('I see no cause')",
    "hangs": "import time; time.sleep(60)",
    "breaks": "open('shop.py', 'w').write('a = 2\\n'); raise SystemExit('no more')",
    "answers": "open('shop.py', 'w').write(''); print('It is:', '{\"cause\": \"a is 1\"}')",
    "answers badly": "print('{\"why\": 1}')",
}


def said(does: str, calls: dict[str, Call]) -> Iterator[Step]:
    """The turns of a model that does this."""
    read, edit = Turn("I read.", (calls["read"],)), Turn("I edit.", (calls["edit"],))
    closing = Turn("Done.", answer=ANSWER)
    return {
        "succeeds": iter([read, edit, closing]),
        "gives up": iter([closing]),
        "spends": itertools.repeat(read),
        "hangs": iter([Turn(fault=Fault("silent"))]),
        "breaks": iter([read, edit, Turn(fault=Fault("status", 400))]),
        "answers": iter([read, closing]),
        "answers badly": itertools.repeat(Turn("I do not know.")),
    }[does]


@dataclass
class Stage:
    """A backend before its work, on a tree whose ``shop.py`` says ``a = 1`` and should say 2."""

    name: str
    does: str
    top: Path
    model: ModelServer | None = None

    @property
    def run(self) -> Path:
        return self.top / "run"

    @property
    def scratch(self) -> Path:
        return self.run / "attempts" / "1"

    @property
    def text(self) -> str:
        return (self.top / "tree" / "shop.py").read_text()

    def seconds(self) -> float:
        return SHORT[self.name] if self.does == "hangs" else SECONDS

    def task(self) -> Task:
        write(self.top / "tree", {"shop.py": WRONG})
        write(self.scratch, {"prompt.md": "Make a equal 2.\n"})
        check = tasks.check_of(self.top / "tree", lambda t: (t / "shop.py").read_text() == RIGHT)
        options: dict[str, object] = {
            "claude-model": "claude-sonnet-5-5", "openai-model": "gpt-6.1-sol",
            "command-agent": [sys.executable, "-c", PROGRAMS.get(self.does, "")],
            "scripted-edits": self.does, "request-folder": str(self.top),
        }  # fmt: skip
        return tasks.make(
            self.top / "tree", self.scratch, self._slow(check) if self.does == "hangs" else check,
            seconds_left=tasks.seconds(self.seconds()), options=options, answer_schema=SCHEMA,
            meter=tasks.meter(self.run, self.name, tokens=2500 if self.does == "spends" else None),
            failure=self._failure(), node_ids=("t.py::a",),
            test_environ=lambda: {"PATH": os.defpath},
        )  # fmt: skip

    def question(self) -> Question:
        made = self.task()
        return Question(made.prompt, SCHEMA, made.scratch, made.seconds_left, made.meter,
                        made.progress, made.tree, made.options)  # fmt: skip

    def obtained(self) -> tuple[Outcome, bytes]:
        agent, task = registry.agent(self.name), self.task()
        diff = lambda: b"" if self.text == WRONG else self.text.encode()  # noqa: E731
        return obtain(agent, self.scratch, task.meter, lambda: (task, diff))

    def _failure(self) -> Failure:
        nothing = self.name != "embedded" or self.does == "gives up"
        frames = () if nothing else (Frame(file="shop.py", line=1, function="<module>"),)
        return Failure(
            file=None if nothing else "shop.py", line=None if nothing else 1, frames=frames
        )

    def _slow(self, check: Any) -> Any:
        def slow() -> CheckRun:
            time.sleep(0.5)
            return CheckRun(
                **{**check().model_dump(), "returncode": 1, "outcomes": {"t.py::a": "failed"}}
            )

        return slow


@contextmanager
def stage(name: str, does: str, top: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A backend in a world in which it does that."""
    made = Stage(name, does, top)
    monkeypatch.setenv("IMPROVE_RUN", str(made.run))
    with ExitStack() as open_:
        if name in KEYS:
            pytest.importorskip(EXTRAS[name].package)
            claude = name == "claude"
            server, calls = (anthropic, CLAUDE) if claude else (openai, OPENAI)
            made.model = open_.enter_context(server.serve(said(does, calls)))
            monkeypatch.setenv(f"{'ANTHROPIC' if claude else 'OPENAI'}_API_KEY", KEYS[name])
            address = made.model.url + ("" if claude else "/v1")
            monkeypatch.setenv(f"{'ANTHROPIC' if claude else 'OPENAI'}_BASE_URL", address)
        elif name == "manual":
            types = open_.enter_context(person(monkeypatch))
            if does in ("succeeds", "gives up"):
                threading.Timer(0.3, lambda: by_hand(made, types)).start()
        elif name == "scripted":
            patches = {"succeeds": PATCH, "breaks": PATCH.replace("a = 1", "z = 1")}
            write(
                top / does, {"edit.patch": patches[does]} if does in patches else {"none.txt": ""}
            )
        yield made


def by_hand(made: Stage, types: Any) -> None:
    if made.does == "succeeds":
        (made.top / "tree" / "shop.py").write_text(RIGHT)
    types("" if made.does == "succeeds" else "s")


def nothing_runs(made: Stage) -> None:
    """A process that was ended may take a moment to go."""
    end = time.monotonic() + 3
    while (left := marked(made.run)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == [], "it still runs"


# backend, what it does -> the fault that is told, the file afterwards, answers of a model
WORK = {
    ("claude", "succeeds"): ("", RIGHT, 3),
    ("claude", "gives up"): ("", WRONG, 1),
    ("claude", "spends"): ("limit", WRONG, 3),
    ("claude", "hangs"): ("unreachable", WRONG, 0),
    ("claude", "breaks"): ("broken", RIGHT, 2),
    ("openai", "succeeds"): ("", RIGHT, 3),
    ("openai", "gives up"): ("", WRONG, 1),
    ("openai", "spends"): ("limit", WRONG, 3),
    ("openai", "hangs"): ("unreachable", WRONG, 0),
    ("openai", "breaks"): ("broken", RIGHT, 2),
    ("command", "succeeds"): ("", RIGHT, 0),
    ("command", "gives up"): ("", WRONG, 0),
    ("command", "hangs"): ("deadline", WRONG, 0),
    ("command", "breaks"): ("broken", RIGHT, 0),
    ("manual", "succeeds"): ("", RIGHT, 0),
    ("manual", "gives up"): ("", WRONG, 0),
    ("manual", "hangs"): ("", WRONG, 0),
    ("scripted", "succeeds"): ("", RIGHT, 0),
    ("scripted", "gives up"): ("", WRONG, 0),
    ("scripted", "breaks"): ("broken", WRONG, 0),
    ("embedded", "succeeds"): ("", RIGHT, 0),
    ("embedded", "gives up"): ("", WRONG, 0),
    ("embedded", "hangs"): ("", WRONG, 0),
}
TRANSCRIPTS = {
    "claude": "transcript.jsonl",
    "openai": "transcript.jsonl",
    "command": "transcript.txt",
}


@pytest.mark.parametrize(("name", "does"), WORK, ids=lambda word: word)
def test_work(name: str, does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, text, paid = WORK[name, does]
    with stage(name, does, tmp_path, monkeypatch) as made:
        began = time.monotonic()
        outcome, diff = made.obtained()
        assert time.monotonic() - began < made.seconds() + SLACK, "it did not end in time"
        assert (outcome.fault, made.text) == (fault, text), outcome
        assert diff == (b"" if text == WRONG else text.encode())
        told = outcome.gave_up or outcome.explanation or outcome.answer or does == "hangs"
        assert told, f"it does not say why it ended: {outcome}"
        asked = len(made.model.turns()) if made.model else 0
        assert len(spendings(made.run)) == paid, "each answer costs once, and only answers do"
        again = made.obtained()
        assert again[1] == diff and (len(made.model.turns()) if made.model else 0) == asked
        assert again[0].fault == outcome.fault, "the same proposal, without asking again"
    nothing_runs(made)
    said = made.scratch / TRANSCRIPTS.get(name, "proposal.json")
    assert said.stat().st_size > 0 or does == "hangs", "nothing was kept of what it said"
    assert KEYS.get(name, "no key") not in said.read_text()


@pytest.mark.parametrize("name", ["claude", "openai", "command", "manual"])
def test_an_interrupt_ends_it_at_once_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHORT, name, SECONDS)  # its own time is not what ends it
    with stage(name, "hangs", tmp_path, monkeypatch) as made:
        timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
        began = time.monotonic()
        try:
            with pytest.raises(KeyboardInterrupt):
                timer.start()
                made.obtained()
        finally:
            timer.cancel()
        assert time.monotonic() - began < SECONDS / 2, "it was not ended by the interrupt"
        assert not (made.scratch / "proposal.json").exists(), (
            "an interrupted attempt is no proposal"
        )
    nothing_runs(made)


def test_a_tree_that_cannot_be_read_costs_the_rung_and_keeps_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> bytes:
        raise ImproveError("The tree could not be listed.")

    with stage("command", "succeeds", tmp_path, monkeypatch) as made:
        agent, task = registry.agent("command"), made.task()
        write(made.scratch, {"patch.diff": "kept before"})
        outcome, diff = obtain(agent, made.scratch, task.meter, lambda: (task, unreadable))
    assert (outcome.fault, diff) == ("broken", b"kept before") and "could not" in outcome.gave_up


# backend, what it does -> the fault, or '' for the answer
ASK = {
    (name, does): fault
    for name in sorted(registry.ANSWERS)
    for does, fault in (("answers", ""), ("answers badly", "no_answer"), ("hangs", "ended"))
}


@pytest.mark.parametrize(("name", "does"), ASK, ids=lambda word: word)
def test_ask(name: str, does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage(name, does, tmp_path, monkeypatch) as made:
        began, agent = time.monotonic(), registry.agent(name)
        question, fault = made.question(), ""
        try:
            assert answering(agent).ask(question).value == ANSWER
        except AgentFault as met:
            fault = "ended" if met.kind in ("deadline", "unreachable") else met.kind
        assert fault == ASK[name, does]
        assert time.monotonic() - began < made.seconds() + SLACK
        assert made.text == WRONG, "the tree of a question was changed"
    assert not (made.scratch / "tree").exists(), "the copy of the tree was left"
    nothing_runs(made)


def answering(agent: Any) -> Answering:
    found: Answering = agent
    return found


def test_who_has_which_verb_is_said_in_one_place() -> None:
    with_ask = {name for name in registry.MODULES if hasattr(registry.agent(name), "ask")}
    assert with_ask == registry.ANSWERS
    assert {name for name, _ in WORK} == set(registry.MODULES), "a backend is not in the table"
    assert set(KEYS) == registry.PAID
