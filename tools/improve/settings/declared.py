"""Every setting, declared once: name, kind, default, help, example. All else is derived.

The name in ``improve.yaml`` is the field's with hyphens, the variable's is IMPROVE_ and capitals.
"""

# ruff: noqa: RUF009 (``_setting`` makes a dataclass field; the rule cannot see through it)

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from improve.settings.kinds import (
    AGENTS,
    COMMAND,
    GLOBS,
    LABELS,
    MINUTES,
    PATHS,
    REVIEWERS,
    SANDBOX,
    TEXT,
    TRUTH,
    VARIABLES,
    WHOLE,
    Kind,
    one_of,
)

T = TypeVar("T")
Source = Literal["default", "file", "environment", "request", "flag"]


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A value, and where it came from; later sources win over earlier ones."""

    value: T
    source: Source = "default"


@dataclass(frozen=True)
class Declaration:
    """What is known about a setting; ``example`` is the value as YAML."""

    attribute: str
    kind: Kind[Any]
    default: object
    help: str
    example: str

    @property
    def name(self) -> str:
        """As in ``improve.yaml`` and, with two hyphens before it, as a flag."""
        return self.attribute.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "IMPROVE_" + self.attribute.upper()


def _setting(kind: Kind[Any], default: Any, explanation: str, example: str) -> Any:
    about = {"kind": kind, "default": default, "help": explanation, "example": example}
    return field(default=Setting(default), metadata=about)


@dataclass(frozen=True)
class Settings:
    """How this team wants it done. ``notes``: what a person should be told about them."""

    ladder: Setting[tuple[str, ...]] = _setting(
        AGENTS,
        ("embedded", "claude", "claude", "openai"),
        "The agents, in the order in which they are tried; 'agents' of a request wins.",
        "[embedded, claude, command]",
    )
    claude_model: Setting[str] = _setting(
        TEXT,
        "claude-sonnet-5-5",
        "Full name of the model behind the agent 'claude' (an alias may move).",
        "claude-opus-5-5",
    )
    openai_model: Setting[str] = _setting(
        TEXT, "gpt-6.1-sol", "Full name of the model behind the agent 'openai'.", "gpt-6.1-terra"
    )
    openai_api: Setting[str] = _setting(
        one_of("responses", "chat"),
        "responses",
        "Which of OpenAI's interfaces is spoken; 'chat' for gateways that have no other.",
        "chat",
    )
    agent_turns: Setting[int] = _setting(WHOLE, 60, "Most answers of a model in one attempt.", "40")
    prompt_tokens: Setting[int] = _setting(
        WHOLE, 24_000, "Most tokens of a prompt, roughly; the agent reads more by itself.", "40000"
    )
    command_agent: Setting[tuple[str, ...] | None] = _setting(
        COMMAND,
        None,
        "The program behind the agent 'command': aider, claude, codex or gemini as they are known "
        "here, or its arguments; {prompt_file} and {tree} are filled in.",
        '[my-agent, --prompt, "{prompt_file}", --directory, "{tree}"]',
    )
    command_keys: Setting[tuple[str, ...]] = _setting(
        VARIABLES,
        (),
        "Variables that a command-agent given by its arguments may see; its network is open.",
        "[MY_AGENT_KEY]",
    )
    scripted_edits: Setting[str | None] = _setting(
        TEXT, None, "Folder of recorded patches, for the agent 'scripted'.", "recorded-edits"
    )
    protected_paths: Setting[tuple[str, ...]] = _setting(
        GLOBS,
        (),
        "Files that no fix may touch, besides tests, what they expect, and test, linter and CI "
        "configuration, which always count.",
        '["migrations/**", "LICENSE"]',
    )
    labels: Setting[tuple[str, ...]] = _setting(
        LABELS, (), "Labels that a new pull request is given.", '["bug", "auto-fix"]'
    )
    reviewers: Setting[tuple[str, ...]] = _setting(
        REVIEWERS,
        (),
        "Who is asked to review a new pull request: users, or teams as organisation/team.",
        '["octocat", "acme/backend"]',
    )
    reproduce_minutes: Setting[float] = _setting(
        MINUTES, 5.0, "Most minutes for reproducing the failure.", "5"
    )
    fix_minutes: Setting[float] = _setting(
        MINUTES, 15.0, "Most minutes for all attempts at a fix.", "15"
    )
    suite_minutes: Setting[float] = _setting(
        MINUTES, 5.0, "Most minutes for one run of the whole test suite.", "5"
    )
    git_minutes: Setting[float] = _setting(
        MINUTES, 10.0, "Most minutes for one call of git; a slow disk or line needs some.", "30"
    )
    cache_dir: Setting[str | None] = _setting(
        TEXT,
        None,
        "Where built environments are kept; $XDG_CACHE_HOME or ~/.cache is taken otherwise.",
        "/var/cache/codebase-improvements",
    )
    python: Setting[str | None] = _setting(
        TEXT, None, "Interpreter for the target project; found by itself otherwise.", "python3.11"
    )
    keep_workbench: Setting[bool] = _setting(
        TRUTH, False, "Keep the private clone after the run, to look into.", "true"
    )
    sandbox: Setting[str] = _setting(
        SANDBOX,
        "auto",
        "What the target's code and agents run in: the best that works here (auto; in CI none is "
        "refused), at least something (require), nothing (off), or just this one.",
        "require",
    )
    sandbox_network: Setting[bool] = _setting(
        TRUTH,
        False,
        "The target's tests may use the network; 'network' of a request opens it too.",
        "true",
    )
    sandbox_memory_mb: Setting[int] = _setting(
        WHOLE, 4096, "Most MB that each process of the target's code may fill.", "8192"
    )
    sandbox_readable: Setting[tuple[str, ...]] = _setting(
        PATHS,
        (),
        "Files and folders that the target's code may read, besides programs and its own tree.",
        '["/srv/test-data", "~/.nvm"]',
    )
    notes: tuple[str, ...] = ()


DECLARED: tuple[Declaration, ...] = tuple(
    Declaration(f.name, **f.metadata) for f in dataclasses.fields(Settings) if f.metadata
)
