"""A shell for a model: every command in a sandbox without a network, keys or tokens, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from improve.agents.fence import Outside, command_refusal
from improve.agents.files import cut
from improve.agents.protocol import Task
from improve.evidence import clean_text
from improve.workbench import process
from improve.workbench.sandbox import level, needs

SECONDS = 120.0  # of one command, unless less is asked for
KEPT = 1 << 20  # bytes of output


def shell(task: Task) -> Callable[[str, float | None], process.Finished] | None:
    """What runs a command in ``task.tree`` for at most some seconds; None where nothing can hold it.

    What it runs raises: Outside for what is not even tried; ImproveError when it cannot be started.
    """
    if level() == "none":
        return None
    home = task.scratch / "home"  # what `test_environ` calls HOME
    home.mkdir(parents=True, exist_ok=True)

    def run(command: str, seconds: float | None = None) -> process.Finished:
        if reason := command_refusal(command):
            raise Outside(reason)
        task.progress("the agent runs a command")
        python = Path(task.environment.python) if task.environment else None
        # Inside of the writable tree, what is shown as readable stays as it is (bubblewrap;
        # landlock has no such exception, there the guard and the proof hold it).
        frozen = tuple(task.tree / name for name in task.frozen)
        limit = min(seconds or SECONDS, SECONDS, task.seconds_left())
        return process.run(
            ["bash", "-c", command], cwd=task.tree, env=task.test_environ(), timeout=max(0.1, limit), keep=KEPT,
            fence=needs.for_agent(task.tree, python, writable=(home,), readable=frozen),
        )  # fmt: skip

    return run


def told(done: process.Finished) -> str:
    """How a command ended and what it said, at a size that a conversation can carry."""
    how = "ended at its time limit" if done.timed_out else f"exit status {done.returncode}"
    return cut(f"{how}\n{clean_text(done.tail(KEPT))}")
