"""Which agents there are. A literal: the names are the ones that info.json may use."""

from __future__ import annotations

from types import ModuleType
from typing import cast

from improve.agents import command, embedded, manual, scripted
from improve.agents.protocol import Agent

MODULES: dict[str, ModuleType] = {
    module.NAME: module for module in (embedded, command, manual, scripted)
}


def all_agents() -> dict[str, Agent]:
    """Name -> backend, for every backend that this toolkit has."""
    return {name: cast(Agent, module) for name, module in MODULES.items()}
