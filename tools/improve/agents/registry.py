"""Which agents there are. A literal: the names are the ones that info.json may use."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
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
WRITES_TESTS = frozenset({"claude", "openai", "command", "manual", "scripted"})
# The optional part of the toolkit that an agent needs: its package, and the key without which
# installing it would be of no use. The part is called like the agent (requirements/<name>.lock).
EXTRAS = {
    "claude": ("claude_agent_sdk", "ANTHROPIC_API_KEY"),
    "openai": ("agents", "OPENAI_API_KEY"),
}


def lacks_extra(name: str, environ: Mapping[str, str]) -> bool:
    """The agent could work here if its optional part were installed."""
    package, key = EXTRAS.get(name, ("", ""))
    return bool(key and environ.get(key)) and importlib.util.find_spec(package) is None


def agent(name: str) -> Agent:
    """The backend of this name. Raises: KeyError for a name that the request may not hold."""
    return cast(Agent, importlib.import_module(MODULES[name]))
