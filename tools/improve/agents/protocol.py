"""What an agent is given and what it answers.

A backend is a *module* with the three members of ``Agent``. It edits files below ``task.tree``
in place and says what it did; it never decides whether that was right. ``attempt`` makes the
diff, guards it, checks it and proves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from improve.records import Attempt, CheckRun, Failure, TargetEnvironment


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
    warm: Callable[[], AbstractContextManager[Warm]] | None = None  # where the tests are pytest's
    options: dict[str, object] = field(default_factory=dict)  # the team's settings, by name


@dataclass(frozen=True)
class Outcome:
    """What the agent says of its work. Nothing in here is believed without a check."""

    changed: bool
    explanation: str = ""
    tried: int = 0  # candidates that it executed
    usd: float = 0.0
    suspicious: tuple[str, ...] = ()  # 'path:line function', most suspicious first
    gave_up: str = ""  # why it stopped without a result
    doubt: str = ""  # what a reader of the change should look at; not committed


class Agent(Protocol):
    """The shape of a backend module."""

    NAME: str

    def unavailable(self, options: dict[str, object]) -> str | None:
        """Why this agent cannot work here and how to enable it, or None."""

    def work(self, task: Task) -> Outcome:
        """Edit files below ``task.tree`` until ``task.run_check`` passes, or give up.

        Raises: ImproveError when the agent itself broke; it counts as a failed attempt.
        """
