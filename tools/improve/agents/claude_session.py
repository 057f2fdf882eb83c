"""One conversation with the claude program: its messages are counted, kept and judged as they come.

Our deadline and our limits end it while it runs. A limit that was reached also closes the hook, so
that no tool runs and no further request is made in the moment that the program needs to end.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from claude_agent_sdk import (
    AssistantMessage,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from improve.agents import claude_faults
from improve.agents.claude_hooks import STRUCTURED
from improve.agents.claude_tools import OURS, SERVER
from improve.agents.claude_usage import Counting
from improve.agents.protocol import AgentFault
from improve.agents.transcript import Write

SETTLED_SECONDS = 20.0  # below the hook's own limit
MOST_DENIED = 50
NO_TOOL = "No such tool available"
HOPELESS = (400, 401, 402, 403, 404)  # the same request gets the same answer


@dataclass
class Session:
    """What is known of one conversation while it runs; ``edited`` is called after every edit."""

    counting: Counting
    write: Write
    progress: Callable[[str], None]
    edited: Callable[[], None]
    tools: frozenset[str]
    turns: int
    texts: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    result: ResultMessage | None = None
    trouble: AgentFault | None = None  # of the last request, while it is tried again
    stopped: str = ""
    last_words: str = ""  # on its standard error
    heard: float | None = None  # when the last message came
    running: set[str] = field(default_factory=set)  # calls whose result has not come yet
    _edits: set[str] = field(default_factory=set)

    async def ready(self, call: str) -> str | None:
        """Why no tool may run any more, or None; waits until the answer with this call is counted."""
        with anyio.move_on_after(SETTLED_SECONDS):
            while call not in self.counting.calls and not self.stopped:
                await anyio.sleep(0.005)
        uncounted = (
            "" if call in self.counting.calls else "the answer with this call is not counted"
        )
        return self.stopped or uncounted or None

    def complain(self, line: str) -> None:
        """Keep a line of the program's standard error."""
        self.last_words = line
        self.write("stderr", line)

    def refuse(self, what: str) -> None:
        """Keep the words of a refused call."""
        if len(self.denied) < MOST_DENIED and what not in self.denied:
            self.denied.append(what)
        self.write("denied", what)

    async def take(self, message: Any) -> None:
        """One message of the program. Raises: AgentFault, OutOfBudget."""
        self.heard = time.monotonic()
        if isinstance(message, StreamEvent):
            self.counting.event(message.event)
            self._turns()
            return
        self.write(type(message).__name__, dataclasses.asdict(message))
        if isinstance(message, SystemMessage):
            self._system(message)
        elif isinstance(message, AssistantMessage):
            self._assistant(message)
        elif isinstance(message, UserMessage):
            await self._results(message)
        elif isinstance(message, ResultMessage):
            self.result = message
            self.counting.close()
            self.counting.meter.check()  # others in its world may have used up the rest

    def _turns(self) -> None:
        if self.counting.answers > self.turns:
            raise AgentFault("limit", f"Claude used all {self.turns} turns of this attempt.")

    def _system(self, message: SystemMessage) -> None:
        if message.subtype == "init":
            self._begun(message.data)
        elif message.subtype == "api_retry":
            self.counting.meter.check()
            status = message.data.get("error_status")
            said = str(message.data.get("error") or "no answer")
            self.trouble = claude_faults.of_status(status, said)
            if status in HOPELESS:
                raise self.trouble
            self.progress(f"the model's service: {said}; trying again")
        elif message.subtype == "permission_denied":
            self.refuse(f"{message.data.get('tool_name')}: not among the allowed calls")

    def _begun(self, data: dict[str, Any]) -> None:
        # What was asked for is compared with what is there: options of a foreign program change.
        tools = set(data.get("tools") or ()) - self.tools - {*OURS, STRUCTURED}
        servers = {one.get("name") for one in data.get("mcp_servers") or ()} - {SERVER}
        if tools or servers or data.get("permissionMode") != "dontAsk":
            raise AgentFault(
                "broken",
                f"claude began with more than it was given: {sorted(tools)} {sorted(map(str, servers))}",
                "Use the locked version: requirements/claude.lock.",
            )

    def _assistant(self, message: AssistantMessage) -> None:
        calls = [block.id for block in message.content if isinstance(block, ToolUseBlock)]
        self.counting.whole(message.message_id or "", message.model, calls)
        self.running.update(calls)
        if message.error is None:
            self.trouble = None
        for block in message.content:
            if isinstance(block, TextBlock) and message.error is None:
                self.texts.append(block.text)
            elif isinstance(block, ToolUseBlock) and block.name in ("Edit", "Write", "Bash"):
                self._edits.add(block.id)

    async def _results(self, message: UserMessage) -> None:
        content = message.content if isinstance(message.content, list) else []
        results = [block for block in content if isinstance(block, ToolResultBlock)]
        for block in results:
            if block.is_error and NO_TOOL in str(block.content)[:200]:
                self.refuse(str(block.content)[:200])
        done = {block.tool_use_id for block in results}
        self.running -= done
        if done & self._edits:
            self._edits -= done
            await anyio.to_thread.run_sync(self.edited)
