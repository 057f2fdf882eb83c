"""The tools that we add to Claude's own: the very check that will judge its work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
from claude_agent_sdk import SdkMcpTool, create_sdk_mcp_server, tool
from claude_agent_sdk.types import McpSdkServerConfig

from improve.agents.checking import targets, told
from improve.agents.fence import Refused
from improve.agents.protocol import Task
from improve.records import CheckRun

SERVER = "improve"
RUN_CHECK, RUN_TESTS = "run_check", "run_tests"
OURS = tuple(f"mcp__{SERVER}__{name}" for name in (RUN_CHECK, RUN_TESTS))
TESTS_SCHEMA = {
    "type": "object",
    "properties": {
        "tests": {
            "type": "array",
            "items": {"type": "string"},
            "description": "pytest node ids or test files, relative to the project",
        }
    },
    "required": ["tests"],
}


def server(task: Task) -> McpSdkServerConfig:
    """``run_check`` and ``run_tests``, served from this process."""
    return create_sdk_mcp_server(SERVER, tools=tools(task))


def tools(task: Task) -> list[SdkMcpTool[Any]]:
    """The two tools. They block in a thread, one at a time: both run in the same tree."""
    alone = threading.Lock()

    @tool(RUN_CHECK, "Run the check that fails now and must pass. Its output is shown.", {})
    async def run_check(_arguments: dict[str, Any]) -> dict[str, Any]:
        task.progress("the agent runs the reproduction")
        return await _answer(alone, task.run_check)

    @tool(RUN_TESTS, "Run other tests of the project. Their output is shown.", TESTS_SCHEMA)
    async def run_tests(arguments: dict[str, Any]) -> dict[str, Any]:
        wanted: Sequence[str] = arguments.get("tests") or ()
        try:
            chosen = targets([str(one) for one in wanted])
        except Refused as error:
            return _text(str(error), failed=True)
        task.progress("the agent runs tests")
        return await _answer(alone, lambda: task.run_related(chosen))

    return [run_check, run_tests]


async def _answer(alone: threading.Lock, run: Callable[[], CheckRun]) -> dict[str, Any]:
    def one() -> CheckRun:
        with alone:
            return run()

    return _text(told(await anyio.to_thread.run_sync(one)))


def _text(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "is_error": failed}
