"""What a request may ask of the vendor: text of this session's models, made from what it holds. Pure.

The vendors also offer to run things themselves: to fetch an address, to search, to execute code, to
ask other servers, to read files of the account. To an agent whose sandbox has no network each of
them is a way out, with the repository's text in the address. Tools that the agent's own program
runs are only described to the vendor, so those pass.

What passes was seen with claude 2.1.329 and codex 0.163.0; ``tests/workbench/test_keyproxy_rules.py``
holds both. Fields that are not known here pass: the programs change more often than we do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from improve.workbench.services import ANTHROPIC, Service

# Not looked into: they describe data, and a schema may name its fields as it likes.
DESCRIBING = frozenset({
    "input_schema", "parameters", "schema", "metadata", "client_metadata", "context_management",
})  # fmt: skip
# Run, remembered or looked up over there, or another model's answer.
TOP = (
    "mcp_servers", "container", "fallbacks", "models", "plugins", "web_search_options",
    "background", "conversation", "previous_response_id", "prompt",
)  # fmt: skip
# Answers that cost more than our table of prices says.
USUAL = {"speed": ("standard",), "service_tier": ("auto", "default", "standard", "standard_only")}
FETCHED = ("image_url", "file_url", "audio_url", "video_url", "server_url")
HELD = ("base64", "text", "content")  # sources whose content stands in the request
VERSIONED = re.compile(r"[a-z_]+_20\d{6}")  # a tool of Anthropic's: bash_20250124
DATED = re.compile(r"(?:-(?:\d{8}|\d{4}-\d{2}-\d{2}))?(?:\[1m\])?$")
ALIASES = ("haiku", "sonnet", "opus")
BETAS = re.compile(
    r"(?:mcp-(?:client|servers|tunnels)|code-execution|web-fetch|web-search|files-api|skills"
    r"|advisor-tool|server-side-fallback|fast-mode|managed-agents|environments)-.*"
)
SHOWN = 80


def refusal(service: Service, models: Sequence[str], asked: Any) -> str:
    """Why this request does not pass, in words for the agent; '' when it does."""
    if not isinstance(asked, dict):
        return "the request is no JSON object"
    model = asked.get("model")
    if not isinstance(model, str) or not any(_same(model, one) for one in models):
        setting = f"{service.model_setting} in improve.yaml names it in full"
        return f"the model {_shown(model)} is not this session's: {', '.join(models)} ({setting})"
    for name in TOP:
        if asked.get(name) not in (None, False, "", []):  # an empty object switches on, too
            return f"{name!r} does not pass: this proxy passes on what the request itself holds"
    for name, usual in USUAL.items():
        if asked.get(name) not in (None, *usual):
            return f"{name!r} does not pass with {_shown(asked[name])}: only {', '.join(usual)}"
    return next(filter(None, (_of_part(service, part) for part in _parts(service, asked))), "")


def passing_betas(value: str) -> str:
    """The header ``anthropic-beta`` without what switches on abilities that the vendor runs."""
    names = (name.strip() for name in value.split(","))
    return ",".join(name for name in names if name and not BETAS.fullmatch(name))


def _parts(service: Service, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object of the request that the vendor acts on. No recursion: depth is the agent's choice."""
    rest: list[Any] = [asked]
    while rest:
        one = rest.pop()
        if isinstance(one, list):
            rest += one
        elif isinstance(one, dict):
            yield one
            called = service is ANTHROPIC and one.get("type") == "tool_use"  # what a tool was given
            rest += [
                value for name, value in one.items()
                if name not in DESCRIBING and not (called and name == "input")
            ]  # fmt: skip


def _of_part(service: Service, part: dict[str, Any]) -> str:
    given = part.get("tools")
    tools = list(given) if isinstance(given, list) else [given] if given else []
    if part.get("type") == "tool_definition":
        tools.append(part.get("definition"))
    for tool in tools:
        if isinstance(tool, dict) and not _ours(service, tool):
            kind = _shown(tool.get("type"))
            return f"the tool of type {kind} does not pass: the vendor runs it, not your program"
    kind = str(part.get("type"))
    if VERSIONED.fullmatch(kind) and not service.tools.fullmatch(kind):
        return f"{_shown(kind)} does not pass: the vendor runs it, not your program"
    source = part.get("source")
    if isinstance(source, dict) and source.get("type") not in HELD:
        return f"a source of type {_shown(source.get('type'))} does not pass: put its content in"
    for name in FETCHED:
        value = part.get(name)
        address = value.get("url") if isinstance(value, dict) else value
        if address and not (isinstance(address, str) and address.startswith("data:")):
            return f"{name!r} does not pass: the vendor would fetch it; put its content in"
    if part.get("file_id"):
        return "'file_id' does not pass: it names a file of the account; put its content in"
    return ""


def _ours(service: Service, tool: dict[str, Any]) -> bool:
    """Whether the agent's own program runs this tool."""
    kind = tool.get("type")
    if kind is None:
        return service is ANTHROPIC
    if not isinstance(kind, str) or not service.tools.fullmatch(kind):
        return False
    if kind == "tool_search":
        return tool.get("execution") == "client"
    place = tool.get("environment")  # OpenAI's shell has machines of its own, too
    return place is None or (isinstance(place, dict) and place.get("type") == "local")


def _same(model: str, allowed: str) -> bool:
    """The same model: with a date or without, or what the claude program makes of an alias."""
    bare, wanted = DATED.sub("", model, count=1), DATED.sub("", allowed, count=1)
    return bare == wanted or (wanted in ALIASES and f"-{wanted}-" in f"{bare}-")


def _shown(value: object) -> str:
    return repr(value)[:SHOWN]
