"""What the claude program is started with: nothing of the repository, of the user or of the network.

Each option is here because its default was seen to do harm; ``tests/agents/test_claude_hostile.py``
holds the ones of the repository, with the default as the control.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, HookMatcher
from claude_agent_sdk.types import McpSdkServerConfig

from improve.agents.claude_tools import OURS, SERVER

READING = ("Read", "Glob", "Grep")
WRITING = ("Edit", "Write")
# The rule alone, "Edit", would allow to write anywhere.
RULES = {
    "Read": "Read(./**)",
    "Edit": "Edit(./**)",
    "Write": "Write(./**)",
}
BUFFER_BYTES = 32 << 20  # one message; the SDK gives up at 1 MiB otherwise
SHORTEST_MS, LONGEST_MS = 2_000, 180_000
BASH_MS = 120_000
LONG_SECONDS = 300


def options(
    *,
    tree: Path,
    launcher: Path,
    system: Path,
    model: str,
    turns: int,
    tools: frozenset[str],
    hooks: list[HookMatcher],
    stderr: Callable[[str], None],
    schema: Mapping[str, Any] | None = None,
    server: McpSdkServerConfig | None = None,
) -> ClaudeAgentOptions:
    """The options of one session.

    ``tools`` is all there is. ``turns`` is exact; no limit in dollars is set here: it prices by a
    guess and tells the model what is left. Our meter holds it.
    """
    return ClaudeAgentOptions(
        cli_path=launcher,
        cwd=tree,
        system_prompt={"type": "file", "path": str(system)},
        model=model,
        tools=sorted(tools),
        allowed_tools=[
            *(RULES.get(name, name) for name in sorted(tools)),
            *(OURS if server else ()),
        ],
        # What is not allowed above is denied; every other mode asks, or allows edits by itself.
        permission_mode="dontAsk",
        setting_sources=[],  # else the repository's own hooks, servers and environment are loaded
        strict_mcp_config=True,
        mcp_servers={SERVER: server} if server else {},
        # Nothing is committed or published here, so nothing is said about how to sign it.
        settings='{"attribution": {"commit": "", "pr": ""}}',
        skills=[],
        plugins=[],
        extra_args={"no-session-persistence": None},  # ours is the transcript, and it is redacted
        verbatim_prompts=True,  # else '@/path' in the text of an issue is replaced by that file
        hooks={"PreToolUse": hooks},
        output_format={"type": "json_schema", "schema": _bare(schema)} if schema else None,
        include_partial_messages=True,  # only they tell how many tokens an answer had
        max_turns=turns,
        max_buffer_size=BUFFER_BYTES,
        stderr=stderr,
    )


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    # The program's validator knows no dialect by name, and refuses a schema that names one.
    return {name: value for name, value in schema.items() if name not in ("$schema", "$id")}


def switches(seconds: float) -> dict[str, str]:
    """Environment variables that make the program quiet and impatient.

    ``seconds`` is the time that is left for the whole session: a stalled answer must be noticed
    while there is still time for another try.
    """
    patience = str(int(min(LONGEST_MS, max(SHORTEST_MS, seconds * 1000 / 3))))
    whole = str(int(max(1.0, seconds) * 1000))
    return {
        "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
        "CLAUDE_CODE_SDK_READS_SESSION_STATE": "1",  # the SDK waits for these marks
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_AUTOUPDATER": "1",
        # A command that runs for too long is ended; the default goes on with it behind our back.
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        "CLAUDE_CODE_MAX_RETRIES": "8" if seconds > LONG_SECONDS else "4",  # about 90 s, about 8 s
        "API_TIMEOUT_MS": patience,
        "CLAUDE_STREAM_IDLE_TIMEOUT_MS": patience,
        "MCP_TOOL_TIMEOUT": whole,
        "BASH_DEFAULT_TIMEOUT_MS": str(min(BASH_MS, int(whole))),
        "BASH_MAX_TIMEOUT_MS": whole,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
