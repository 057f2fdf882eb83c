"""What an agent is given and what it answers.

A backend is a *module* with the members of ``Agent``. Its two verbs: ``work`` edits files below
``task.tree`` in place and says what it did; ``ask`` answers a question with JSON. It never decides
whether it was right: ``attempt`` makes the diff, guards it, checks it and proves it, and whoever
asks checks the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from improve.agents.meter import Meter
from improve.errors import ImproveError
from improve.records import Attempt, CheckRun, Failure, TargetEnvironment

FaultKind = Literal[
    "key", "busy", "unreachable", "refused", "limit", "deadline", "no_answer", "broken"
]


class AgentFault(ImproveError):
    """Why an agent ended without having done its job.

    ``key``: it was not let in (401, 403, no quota left): its other rungs would not be either.
    ``busy``: the service asked us to wait for longer than there is (429, 5xx, overloaded).
    ``unreachable``: no connection, or one that broke or stalled.
    ``refused``: the model declined. ``limit``: turns, tokens or dollars. ``deadline``: our time.
    ``no_answer``: it ended without the structured answer that was asked for.
    ``broken``: anything else. What was edited until then is judged all the same.
    """

    def __init__(self, kind: FaultKind, what: str, cure: str = "") -> None:
        super().__init__(what, cure)
        self.kind = kind
        self.denied: tuple[str, ...] = ()  # calls that the fence refused before it ended


class WarmResult(Protocol):
    """How one candidate's tests ended; ``ok`` needs a complete run in which nothing failed."""

    @property
    def ok(self) -> bool: ...
    @property
    def complete(self) -> bool: ...
    @property
    def timed_out(self) -> bool: ...
    @property
    def outcomes(self) -> Mapping[str, str]: ...
    @property
    def messages(self) -> Mapping[str, str]: ...


class Warm(Protocol):
    """A runner that is warm: some milliseconds a candidate (``checks.warm`` is one)."""

    def open(self, session: str, nodes: Sequence[str], limit: float) -> tuple[str, ...]:
        """Collect ``nodes`` once; their ids, or () when that cannot be done."""

    def run(
        self,
        nodes: Sequence[str],
        limit: float,
        *,
        session: str = "",
        files: Mapping[Path, str] | None = None,
        stop: bool = True,
        trace: Path | None = None,
    ) -> WarmResult:
        """Run ``nodes`` with ``files`` in place of what is on disk; ``limit`` in seconds."""


@dataclass(frozen=True)
class SlowDown:
    """What is known of a slow-down, beside the failure."""

    diffs: tuple[bytes, ...]  # from the good commit to the base; with fewer lines around, then more
    hot: tuple[str, ...]  # 'path:line function' of what takes longer now, the worst first
    earlier: Callable[[str], str | None]  # a file's text at the good commit


@dataclass(frozen=True)
class Task:
    """One attempt's job, with every tool that the agent may use to judge its own work."""

    number: int
    tree: Path  # a writable copy of the project at its base, the reproduction laid down
    prompt: Path  # the rendered prompt, for agents that read one
    scratch: Path  # the attempt's own folder in the run folder: transcripts go here
    failure: Failure  # as observed on this machine
    node_ids: tuple[str, ...]  # of the reproduction
    frozen: tuple[str, ...]  # paths below `tree` that must not change
    history: tuple[Attempt, ...]  # what the attempts before this one tried
    environment: TargetEnvironment | None
    seconds_left: Callable[[], float]
    run_check: Callable[[], CheckRun]  # the reproduction, in a process of its own
    run_related: Callable[[Sequence[str]], CheckRun]  # other node ids or test files of the tree
    regressions: Callable[[], Sequence[str]]  # tests of the suite that the tree as it is breaks
    test_environ: Callable[[], dict[str, str]]  # the environment that tests run in
    progress: Callable[[str], None]
    purpose: Literal["fix", "reproduce"]
    meter: Meter  # every answer of a paid model goes through `meter.add`, as it comes: by us or our proxy
    keep: Callable[[], None]  # what is edited so far survives a crash; call it after an edit
    answer_schema: Mapping[str, Any] | None = None  # of the closing answer of agents that can
    warm: Callable[[], AbstractContextManager[Warm]] | None = None  # where the tests are pytest's
    options: dict[str, object] = field(default_factory=dict)  # the team's settings, by name
    slow_down: SlowDown | None = None  # `run_check` then times the tree beside both commits
    amplifier: str = ""  # what makes an intermittent failure show; `run_check` then runs it often


@dataclass(frozen=True)
class Question:
    """Something that only judgement can answer. The answer must fit ``schema``."""

    prompt: Path  # the rendered prompt
    schema: Mapping[str, Any]
    scratch: Path  # transcripts go here
    seconds_left: Callable[[], float]
    meter: Meter
    progress: Callable[[str], None]
    tree: Path | None = None  # may be read, must not change
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """``value`` fits the question's schema."""

    value: dict[str, Any]
    turns: int = 0


@dataclass(frozen=True)
class Outcome:
    """What the agent says of its work. Nothing in here is believed without a check."""

    changed: bool
    explanation: str = ""
    tried: int = 0  # candidates that it executed
    suspicious: tuple[str, ...] = ()  # 'path:line function', most suspicious first
    gave_up: str = ""  # why it stopped without a result
    doubt: str = ""  # what a reader of the change should look at; not committed
    answer: dict[str, Any] | None = None  # fits `task.answer_schema`
    turns: int = 0  # answers of a model
    denied: tuple[str, ...] = ()  # calls that the fence refused, in words
    fault: str = ""  # the kind of AgentFault that ended it early


class Agent(Protocol):
    """The shape of a backend module."""

    NAME: str

    def unavailable(self, options: dict[str, object]) -> str | None:
        """Why this agent cannot work here and how to enable it, or None."""

    def work(self, task: Task) -> Outcome:
        """Edit files below ``task.tree`` until ``task.run_check`` passes, or give up.

        Raises: AgentFault (or another ImproveError) when it ended early or broke. What it edited
        until then is judged; without an edit it is a failed attempt.
        """


class Answering(Agent, Protocol):
    """A backend that answers questions, too (``registry.ANSWERS``): a model, or a command.

    ``embedded`` and ``scripted`` have nothing to say but edits. ``manual`` is not asked either: what
    is asked is an opinion for the report, and the person who would give it is the report's reader.
    """

    def ask(self, question: Question) -> Answer:
        """The answer, which fits ``question.schema``.

        Raises: AgentFault; kind ``no_answer`` when there was none or it did not fit.
        """
