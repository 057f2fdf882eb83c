"""Ready-made settings for other vendors' programs: ``command-agent: codex`` instead of a whole line.

What each needs to work without a person, with the page that says so. The prompt goes in by standard
input or as a file, never as an argument. ``{home}``, ``{url}`` and ``{model}`` are filled in beside
``{tree}`` and ``{prompt_file}``.

Tried with codex 0.163.0, claude 2.1.329 and aider 0.86.2 in the sandbox on scripted models, where
each read the prompt, edited a file and reached nothing but its model; gemini by its pages alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from improve.workbench.services import ANTHROPIC, OPENAI, Service


@dataclass(frozen=True)
class Preset:
    """How one program is started.

    With a ``service`` its model is reached through our key proxy and nothing else is: it holds no
    key. Without one its ``keys`` (the first that is set) are in its environment, and the network is
    open. ``held`` is added where our sandbox holds it, ``alone`` where nothing does. ``leaves``
    are patterns of what it puts into the top of the tree for itself.
    """

    argv: tuple[str, ...]
    source: str
    service: Service | None = None
    keys: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()


CODEX = Preset(
    # A provider of its own is the documented way to another address; its own sandbox cannot be put
    # up inside of ours. AGENTS.md is the repository's text, not our instruction. Its search runs at the
    # vendor, which the proxy refuses.
    ("codex", "exec", "--skip-git-repo-check", "--model", "{model}",
     "-c", "model_provider=gate", "-c", "model_providers.gate.name=gate",
     "-c", 'model_providers.gate.base_url="{url}"', "-c", "model_providers.gate.env_key=OPENAI_API_KEY",
     "-c", "model_providers.gate.wire_api=responses", "-c", "project_doc_max_bytes=0",
     "-c", "web_search=disabled", "-"),
    "https://developers.openai.com/codex/noninteractive, https://developers.openai.com/codex/config-advanced",
    service=OPENAI,
    held=("--sandbox", "danger-full-access"),
    alone=("--sandbox", "workspace-write"),
)  # fmt: skip

CLAUDE = Preset(
    ("claude", "-p", "--output-format", "text", "--permission-mode", "acceptEdits",
     "--setting-sources", "", "--strict-mcp-config", "--model", "{model}"),
    "https://code.claude.com/docs/en/cli-reference",
    service=ANTHROPIC,
    environ={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
             "ANTHROPIC_DEFAULT_HAIKU_MODEL": "{model}", "ANTHROPIC_SMALL_FAST_MODEL": "{model}"},
)  # fmt: skip

AIDER = Preset(
    # Without --no-detect-urls it offers to fetch what the log links to, and --yes-always agrees.
    ("aider", "--message-file", "{prompt_file}", "--yes-always", "--no-auto-commits", "--no-dirty-commits",
     "--no-gitignore", "--no-check-update", "--no-analytics", "--no-detect-urls",
     "--no-suggest-shell-commands", "--no-pretty", "--no-stream", "--no-show-model-warnings",
     "--chat-history-file", "{home}/chat", "--input-history-file", "{home}/input",
     "--edit-format", "diff", "--model", "openai/{model}", "--weak-model", "openai/{model}"),
    "https://aider.chat/docs/scripting.html, https://aider.chat/docs/config/options.html",
    service=OPENAI,
    environ={"OPENAI_API_BASE": "{url}", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    leaves=(".aider*",),
)  # fmt: skip

GEMINI = Preset(
    # In a folder that it does not trust, every mode is taken for the asking one.
    ("gemini", "--approval-mode", "yolo", "--skip-trust", "--output-format", "text"),
    "https://geminicli.com/docs/cli/headless/",
    keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
)

PRESETS: Mapping[str, Preset] = {
    "aider": AIDER, "claude": CLAUDE, "codex": CODEX, "gemini": GEMINI,
}  # fmt: skip
