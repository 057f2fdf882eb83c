"""OpenAI's models, by the Agents SDK, with tools of ours: another vendor's look at the same failure.

The SDK runs the conversation and nothing else. Every tool is ours (``tools``, ``shell``), asks our
fence, and runs what it runs in our sandbox; the key stays in this process and its HTTP client.
The SDK is an extra: nothing of it is imported until a task is worked on (1.7 s of CPU).
"""

from __future__ import annotations

import os

from improve.agents.extras import why_missing
from improve.agents.protocol import Answer, Outcome, Question, Task

NAME = "openai"


def unavailable(_options: dict[str, object]) -> str | None:
    """Why it cannot work here and how to enable it, or None. Imports nothing."""
    return why_missing(NAME, os.environ)


def work(task: Task) -> Outcome:
    """Let the model edit ``task.tree`` until the check passes, it gives up, or a limit ends it.

    Raises: AgentFault.
    """
    from improve.agents import openai_work

    return openai_work.work(task)


def ask(question: Question) -> Answer:
    """The model's answer, which fits ``question.schema``; it may read ``question.tree``.

    Raises: AgentFault; ``no_answer`` when none came or it did not fit.
    """
    from improve.agents import openai_work

    return openai_work.ask(question)
