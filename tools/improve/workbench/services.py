"""The two services that models are asked at: where they are, and what their variables are called.

https://docs.claude.com/en/api/messages, https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """``key`` and ``address`` are variables; ``model_setting`` is one of improve.yaml."""

    name: str
    key: str
    address: str
    default: str  # where it answers when ``address`` is not set
    folder: str  # what its programs expect at the end of an address
    texts: re.Pattern[str]  # paths of the calls that generate text
    model_setting: str
    tools: re.Pattern[str]  # types of tools that the program runs itself, not the service

    def base(self, environ: Mapping[str, str]) -> str:
        """Where it answers."""
        return environ.get(self.address) or self.default


ANTHROPIC = Service(
    "anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://api.anthropic.com", "",
    re.compile(r"/v1/messages(?:/count_tokens)?"), "claude-model",
    re.compile(r"custom|(?:bash|text_editor|memory)_\d{8}"),
)  # fmt: skip
OPENAI = Service(
    "openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", "/v1",
    re.compile(r"/v1/(?:responses|chat/completions)"), "openai-model",
    re.compile(r"function|custom|local_shell|shell|apply_patch|namespace|tool_search"),
)  # fmt: skip
