"""The optional parts of the toolkit: an agent's SDK, and the key without which it is of no use.

A part is called like its agent; ``requirements/<name>.lock`` holds its versions. Nothing of it is
imported here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass

from improve.workbench.services import ANTHROPIC, OPENAI, Service


@dataclass(frozen=True)
class Extra:
    """What is installed (``distribution``) is imported by the name of ``package``."""

    service: Service
    distribution: str
    package: str


EXTRAS = {
    "claude": Extra(ANTHROPIC, "claude-agent-sdk", "claude_agent_sdk"),
    "openai": Extra(OPENAI, "openai-agents", "agents"),
}


def why_missing(name: str, environ: Mapping[str, str]) -> str | None:
    """Why the agent of this name cannot work here and how to enable it, or None."""
    extra = EXTRAS[name]
    key = extra.service.key
    if not environ.get(key):
        return f"no key: set {key}, and run.sh also installs what the agent {name} needs"
    if not _installed(extra):
        return f"{extra.distribution} is not installed; run.sh installs it when {key} is set"
    return None


def lacks_extra(name: str, environ: Mapping[str, str]) -> bool:
    """The agent could work here if its optional part were installed."""
    extra = EXTRAS.get(name)
    return bool(extra and environ.get(extra.service.key)) and not _installed(EXTRAS[name])


def _installed(extra: Extra) -> bool:
    return importlib.util.find_spec(extra.package) is not None
