"""The second fence: a hook that is asked before every call of a tool, whichever tool it is.

A hook that fails must deny, in both of the ways there are: ours by its own except, the SDK by
``on_failure='block'`` (without it an exception counts as no opinion). No matcher: matchers tell
capitals apart, and a name that they do not match is let through unasked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from claude_agent_sdk import HookMatcher

from improve.agents.claude_tools import OURS
from improve.agents.fence import Bounds, command_refusal, refusal

STRUCTURED = "StructuredOutput"
READING = {"Read": "file_path", "Grep": "path", "Glob": "path"}
WRITING = {"Edit": "file_path", "Write": "file_path"}
HOOK_SECONDS = 30.0
SHOWN = 120

Denied = Callable[[str], None]
Ready = Callable[[str], Awaitable[str | None]]


def decide(bounds: Bounds, tools: frozenset[str], name: str, given: dict[str, Any]) -> str | None:
    """Why this call is refused, or None. ``tools`` are the ones that the session was given."""
    if name in OURS or name == STRUCTURED:
        return None
    if name not in tools:
        return f"there is no tool {name!r} here"
    if name == "Bash":
        return command_refusal(str(given.get("command", "")))
    if name in WRITING:
        return refusal(bounds, _path(given, WRITING[name]), write=True)
    if name in READING:
        return refusal(bounds, _path(given, READING[name]), write=False) or _pattern(name, given)
    return f"the tool {name!r} is not known to the fence"


def matchers(
    bounds: Bounds, tools: frozenset[str], ready: Ready, denied: Denied
) -> list[HookMatcher]:
    """The hook for PreToolUse.

    ``ready(tool_use_id)`` is awaited first and may refuse for reasons of its own (a budget);
    ``denied`` is told every refusal in words.
    """

    async def before(call: Any, identity: str | None, _context: Any) -> dict[str, Any]:
        try:
            name, given = str(call["tool_name"]), dict(call["tool_input"])
            why = await ready(identity or "") or decide(bounds, tools, name, given)
        except Exception as error:  # whatever it is: what cannot be judged is not allowed
            name, given, why = "?", {}, f"the call could not be judged: {error}"
        if why is None:
            return {}
        denied(f"{name} {_subject(given)}: {why}"[:500])
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": why,
            }
        }

    hooks: Any = [before]
    return [HookMatcher(matcher=None, hooks=hooks, timeout=HOOK_SECONDS, on_failure="block")]


def _path(given: dict[str, Any], field: str) -> str:
    return str(given.get(field) or ".")


def _pattern(name: str, given: dict[str, Any]) -> str | None:
    # A pattern may lead out by itself: '../**', '/etc/*', '{/etc,a}/*'.
    pattern = str(given.get("pattern" if name == "Glob" else "glob") or "")
    if name != "Read" and (pattern.startswith(("/", "~")) or ".." in pattern or "{/" in pattern):
        return f"{pattern[:SHOWN]!r} leads out of the project"
    return None


def _subject(given: dict[str, Any]) -> str:
    for field in ("file_path", "path", "command", "pattern", "url"):
        if given.get(field):
            return str(given[field])[:SHOWN]
    return ""
