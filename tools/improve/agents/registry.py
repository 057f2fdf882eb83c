"""Which agents there are. A literal: the names are the ones that info.json may use."""

from __future__ import annotations

import importlib
from typing import cast

from improve.agents.protocol import Agent

# Imported when asked for: a backend may bring heavy packages along.
MODULES = {
    "embedded": "improve.agents.embedded",
    "claude": "improve.agents.claude",
    "openai": "improve.agents.openai",
    "command": "improve.agents.command",
    "manual": "improve.agents.manual",
    "scripted": "improve.agents.scripted",
}

PAID = frozenset({"claude", "openai"})  # their rungs are metered, and end at limits.usd
ANSWERS = frozenset({"claude", "openai", "command"})  # they have the verb `ask`
SEARCHING = frozenset({"embedded"})  # they run tests and read none: nothing is kept back from them
WRITES_TESTS = frozenset({"claude", "openai", "command", "manual", "scripted"})


def agent(name: str) -> Agent:
    """The backend of this name. Raises: KeyError for a name that the request may not hold."""
    return cast(Agent, importlib.import_module(MODULES[name]))
