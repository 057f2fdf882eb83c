"""Claude, by the Claude Agent SDK and the ``claude`` program that comes with it.

The SDK is an extra: nothing of it is imported until a task is worked on. What the program may
read, write and say is decided in three places that do not trust one another: the tools and path
rules that it is started with (``claude_options``), a hook that asks our fence before every call
(``claude_hooks``), and the sandbox around the whole program (``claude_world``). The key is in none
of them: a proxy of ours adds it.
"""

from __future__ import annotations

import os

from improve.agents.extras import why_missing
from improve.agents.protocol import Answer, Outcome, Question, Task

NAME = "claude"


def unavailable(_options: dict[str, object]) -> str | None:
    """Why it cannot work here and how to enable it, or None. Imports nothing."""
    return why_missing(NAME, os.environ)


def work(task: Task) -> Outcome:
    """Let Claude edit ``task.tree`` until the check passes, it gives up, or a limit ends it.

    Raises: AgentFault.
    """
    from improve.agents.claude_work import work as go

    return go(task)


def ask(question: Question) -> Answer:
    """Claude's answer, which fits ``question.schema``; it may read ``question.tree``.

    Raises: AgentFault; ``no_answer`` when none came or it did not fit.
    """
    from improve.agents.claude_work import ask as go

    return go(question)
