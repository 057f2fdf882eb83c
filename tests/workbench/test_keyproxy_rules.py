"""What an agent may ask through the key proxy: text of its model, and nothing that the vendor runs or fetches.

Each refusal has its control: with the rules switched off the same request reaches the vendor's side.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.model_servers import http as wire
from tests.support.model_servers.http import Answer, ModelServer
from tests.support.model_servers.script import Script

from improve.workbench import keyproxy_handler
from improve.workbench.keyproxy import key_proxy
from improve.workbench.services import ANTHROPIC, OPENAI, Service

KEY = "sk-ant-api03-canary-" + "k" * 30
FAR = "https://evil.example/?what"
SAID: dict[str, Any] = {"role": "user", "content": "Hello."}
CLAUDE: dict[str, Any] = {"model": "claude-sonnet-5-5", "messages": [SAID], "max_tokens": 9}
TALK: dict[str, Any] = {"model": "gpt-6.1-sol", "input": [SAID]}
CHAT: dict[str, Any] = {"model": "gpt-6.1-sol", "messages": [SAID]}
PATHS = {"claude": "/v1/messages", "talk": "/v1/responses", "chat": "/v1/chat/completions"}
BODIES = {"claude": CLAUDE, "talk": TALK, "chat": CHAT}
SCHEMA = {
    "type": "object",
    "properties": {"source": {"type": "url"}, "file_id": {"type": "string"}},
}


def tools(*given: dict[str, Any]) -> dict[str, Any]:
    return {"tools": list(given)}


def content(*blocks: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": list(blocks)}]}


def items(*given: dict[str, Any]) -> dict[str, Any]:
    return {"input": list(given)}


PICTURE = {"type": "image", "source": {"type": "url", "url": FAR}}
ADDED = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {
    "type": "mcp_toolset", "mcp_server_name": "x"}}}  # fmt: skip
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("claude", tools({"type": kind, "name": "x"})) for kind in (
        "web_search_20250305", "web_fetch_20250910", "code_execution_20250825", "mcp_toolset",
        "computer_20250124", "advisor_20260301", "not-known-yet")),
    ("claude", {"mcp_servers": [{"type": "url", "url": FAR, "name": "x"}]}),
    ("claude", {"container": "c"}), ("claude", {"fallbacks": [{"model": "claude-opus-5"}]}),
    ("claude", {"speed": "fast"}), ("claude", {"model": "claude-opus-5"}), ("claude", {"model": None}),
    ("claude", content(PICTURE)), ("claude", {"system": [PICTURE]}),
    ("claude", content({"type": "tool_result", "tool_use_id": "t", "content": [PICTURE]})),
    ("claude", content({"type": "document", "source": {"type": "file", "file_id": "f"}})),
    ("claude", content({"type": "document", "source": {"type": "content", "content": [PICTURE]}})),
    ("claude", content({"type": "container_upload", "file_id": "f"})),
    ("claude", content(ADDED, role="system")),
    *((place, tools({"type": kind})) for place in ("talk", "chat") for kind in (
        "web_search", "web_search_preview_2025_03_11", "file_search", "code_interpreter", "mcp",
        "computer_use_preview", "image_generation", "tool_search", "not-known-yet")),
    ("talk", tools({"type": "namespace", "name": "n", "tools": [{"type": "web_search"}]})),
    ("talk", tools({"type": "shell", "environment": {"type": "container_auto"}})),
    ("talk", items({"type": "additional_tools", "tools": [{"type": "mcp", "server_url": FAR}]})),
    ("talk", {"background": True}), ("talk", {"conversation": "c"}), ("talk", {"prompt": {"id": "p"}}),
    ("talk", {"previous_response_id": "r"}), ("talk", {"service_tier": "priority"}),
    ("talk", items({"role": "user", "content": [{"type": "input_image", "image_url": FAR}]})),
    ("talk", items({"role": "user", "content": [{"type": "input_file", "file_url": FAR}]})),
    ("talk", items({"role": "user", "content": [{"type": "input_file", "file_id": "f"}]})),
    ("talk", items({"type": "tool_use", "input": [{"type": "input_file", "file_url": FAR}]})),
    ("chat", content({"type": "image_url", "image_url": {"url": FAR}})),
    ("chat", content({"type": "file", "file": {"file_id": "f"}})),
    ("chat", {"web_search_options": {}}),
    ("chat", {"web_search_options": {"search_context_size": "low"}}), ("chat", {"plugins": [{"id": "web"}]}),
]  # fmt: skip
FUNCTION = {"name": "f", "parameters": SCHEMA}
PASSING: list[tuple[str, dict[str, Any]]] = [
    ("claude", tools({"name": "Read", "input_schema": SCHEMA}, {"type": "custom", "name": "x"},
                     {"type": "bash_20250124", "name": "bash"}, {"name": "later", "defer_loading": True})),
    ("claude", content({"type": "image", "source": {"type": "base64", "data": "aGk="}})),
    ("claude", content({"type": "tool_use", "id": "t", "name": "x", "input": PICTURE}, role="assistant")),
    ("claude", {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}),
    ("claude", {"model": "claude-sonnet-5-5-20261001"}), ("claude", {"service_tier": "auto"}),
    ("talk", tools({"type": "function", **FUNCTION}, {"type": "custom", "name": "exec"},
                   {"type": "namespace", "name": "n", "tools": [{"type": "function", **FUNCTION}]},
                   {"type": "tool_search", "execution": "client"}, {"type": "apply_patch"},
                   {"type": "shell", "environment": {"type": "local"}}, {"type": "local_shell"})),
    ("talk", items({"type": "additional_tools", "tools": [{"type": "function", **FUNCTION}]})),
    ("talk", items({"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64,aGk="}]})),
    ("talk", {"background": False, "previous_response_id": None, "store": False}),
    ("chat", tools({"type": "function", "function": FUNCTION})),
]  # fmt: skip


class Vendor:
    """A proxy in front of a server that answers everything with ``answer``."""

    def __init__(self, place: str, answer: Answer) -> None:
        self.place, self.answer = place, answer
        self.service: Service = ANTHROPIC if place == "claude" else OPENAI
        self.models = (str(BODIES[place]["model"]),)
        self.status, self.text, self.headers = 0, "", dict[str, str]()

    @contextlib.contextmanager
    def asked(self, more: dict[str, Any], **headers: str) -> Iterator[ModelServer]:
        """What came to the vendor's side of one request."""
        body = json.dumps({**BODIES[self.place], **more})
        with wire.serve(lambda _script, _seen: self.answer, Script([])) as there:
            world = {self.service.address: there.url, self.service.key: KEY}
            with (
                key_proxy(self.service, world, self.models) as proxy,
                contextlib.closing(
                    http.client.HTTPConnection("127.0.0.1", proxy.gate.port)
                ) as link,
            ):
                link.request(
                    "POST", PATHS[self.place], body, {"x-api-key": proxy.password, **headers}
                )
                answer = link.getresponse()
                self.status, self.headers = answer.status, dict(answer.getheaders())
                self.text = answer.read().decode()
            yield there


def named(case: tuple[str, dict[str, Any]]) -> str:
    return f"{case[0]}-{json.dumps(case[1])[:60]}"


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_what_the_vendor_would_run_or_fetch_does_not_pass(
    case: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(case[0], Answer(200, {}))
    with vendor.asked(case[1]) as there:
        assert (vendor.status, there.seen) == (403, [])
    told = json.loads(vendor.text)["error"]
    assert told["message"].startswith("key_proxy: ") and told["type"] == "permission_error"
    monkeypatch.setattr(keyproxy_handler, "refusal", lambda *_: "")
    with vendor.asked(case[1]) as there:
        assert (vendor.status, len(there.seen)) == (200, 1), "the control: it gets there"


@pytest.mark.parametrize("case", PASSING, ids=named)
def test_what_the_agents_own_program_runs_passes(case: tuple[str, dict[str, Any]]) -> None:
    vendor = Vendor(case[0], Answer(200, {}))
    with vendor.asked(case[1]) as there:
        assert vendor.status == 200, vendor.text
        assert there.seen[0].body == {**BODIES[case[0]], **case[1]}


@pytest.mark.parametrize("configured, asked, passes", [
    ("claude-sonnet-5-5", "claude-sonnet-5-5", True), ("sonnet", "claude-sonnet-5-5", True),
    ("claude-sonnet-5-5[1m]", "claude-sonnet-5-5", True), ("sonnet", "claude-3-5-sonnet-20241022", True),
    ("claude-sonnet-5-5-20261001", "claude-sonnet-5-5", True),
    ("sonnet", "claude-opus-5", False), ("claude-sonnet-5-5", "claude-sonnet-5-5-opus", False),
    ("claude-sonnet-5-5", "claude-sonnet-5", False), ("", "claude-sonnet-5-5", False),
])  # fmt: skip
def test_the_sessions_model_alone_is_asked(configured: str, asked: str, passes: bool) -> None:
    vendor = Vendor("claude", Answer(200, {}))
    vendor.models = (configured,)
    with vendor.asked({"model": asked}) as there:
        assert (vendor.status == 200) == bool(there.seen) == passes


def test_abilities_of_the_vendor_are_not_switched_on() -> None:
    vendor = Vendor("claude", Answer(200, {}))
    ours = "claude-code-20250219,effort-2025-11-24"
    theirs = (
        "mcp-client-2025-11-20, code-execution-2025-08-25,web-fetch-2025-09-10,files-api-2025-04-14"
    )
    with vendor.asked(
        {}, **{"anthropic-beta": f"{ours},{theirs}", "accept-encoding": "gzip"}
    ) as there:
        assert there.seen[0].headers["anthropic-beta"] == ours
        assert there.seen[0].headers["accept-encoding"] == "identity", "answers can be looked into"
    with vendor.asked({}, **{"anthropic-beta": theirs}) as there:
        assert "anthropic-beta" not in there.seen[0].headers


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_service_that_repeats_the_key_does_not_hand_it_over(status: int) -> None:
    said = {"error": {"message": f"{KEY} is not known, {KEY}"}}
    headers = {"x-told": f"Bearer {KEY}", "x-other": "kept"}
    vendor = Vendor("claude", Answer(status, said, headers=headers))
    with vendor.asked({}):
        assert vendor.status == status and vendor.headers["x-other"] == "kept"
    assert json.loads(vendor.text)["error"]["message"] == "[redacted] is not known, [redacted]"
    assert KEY not in str(vendor.headers) and "x-told" not in vendor.headers
    vendor.answer = Answer(status, {"long": KEY * 3000})
    with vendor.asked({}):
        assert "canary" not in vendor.text and 0 < len(vendor.text) <= 1 << 16


def test_the_control_what_answers_well_arrives_as_it_is() -> None:
    vendor = Vendor("claude", Answer(200, {"text": "sk-ant-1"}, headers={"x-other": "kept"}))
    with vendor.asked({}):
        assert (
            json.loads(vendor.text) == {"text": "sk-ant-1"} and vendor.headers["x-other"] == "kept"
        )
