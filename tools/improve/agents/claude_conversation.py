"""Starts the claude program, says the prompt, listens to the end; afterwards nothing of it runs.

The deadline is ours, and so is the end: the SDK alone waits five seconds for a program that does
not leave by itself.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ClaudeSDKError

from improve.agents import claude_faults
from improve.agents.claude_session import Session
from improve.agents.claude_world import World
from improve.agents.protocol import AgentFault
from improve.errors import OutOfBudget

# Each warning would be a line on the user's terminal; what matters arrives as a message.
for _name in ("claude_agent_sdk", "mcp"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

WATCH_SECONDS = 0.5
DRAIN_SECONDS = 15.0
OVER = "the session is over"


def converse(
    session: Session,
    options: ClaudeAgentOptions,
    prompt: str,
    seconds: float,
    there: World,
) -> None:
    """Say ``prompt`` and listen to the end, for at most ``seconds``; nothing runs afterwards.

    Raises: AgentFault.
    """
    try:
        anyio.run(_conversation, session, options, prompt, seconds, there)
    except OutOfBudget as error:
        raise AgentFault("limit", error.what, error.cure) from error
    except TimeoutError as error:
        raise _late(session, seconds) from error
    except ClaudeSDKError as error:
        raise _broken(session, error) from error
    finally:
        session.counting.settle()


async def _conversation(
    session: Session,
    options: ClaudeAgentOptions,
    prompt: str,
    seconds: float,
    there: World,
) -> None:
    client = ClaudeSDKClient(options)

    async def watch(listening: anyio.CancelScope) -> None:
        while not (why := there.overrun()):
            await anyio.sleep(WATCH_SECONDS)
        session.trouble = AgentFault("broken", f"Claude was ended in its sandbox: {why}.")
        listening.cancel()

    try:
        with anyio.fail_after(seconds):
            await client.connect()
            await client.query(prompt)
            await _listen(session, client, watch)
    finally:
        session.stopped = OVER
        there.end()
        with anyio.CancelScope(shield=True):
            await _drain(client)
            await client.disconnect()


async def _drain(client: ClaudeSDKClient) -> None:
    # The program has ended; the SDK leaves a pipe open whose end it has not read.
    with anyio.move_on_after(DRAIN_SECONDS), contextlib.suppress(ClaudeSDKError):
        async for _message in client.receive_messages():
            pass


async def _listen(
    session: Session,
    client: ClaudeSDKClient,
    watch: Callable[[anyio.CancelScope], Coroutine[Any, Any, None]],
) -> None:
    trouble: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(watch, group.cancel_scope)
        try:
            async for message in client.receive_response():
                await session.take(message)
        except Exception as error:  # raised below: a group would wrap it
            session.stopped = (
                OVER  # at once: a hook may be waiting for the answer that was just counted
            )
            trouble = error
        group.cancel_scope.cancel()
    if trouble or (session.result is None and session.trouble):
        raise trouble or session.trouble  # type: ignore[misc]


def _late(session: Session, seconds: float) -> AgentFault:
    if session.trouble:
        return session.trouble  # it was still trying the same request again
    # Before the first message the program itself is slow, and while a tool runs we are.
    silent = time.monotonic() - session.heard if session.heard and not session.running else 0.0
    if session.result is None and silent >= seconds / 3:
        what = f"The model's service stood still: nothing came for {silent:.0f} s."
        return AgentFault("unreachable", what, claude_faults.NET_CURE)
    return AgentFault("deadline", f"Claude was ended after {seconds:.0f} s: the time was up.")


def _broken(session: Session, error: ClaudeSDKError) -> AgentFault:
    # The closing message, if one came, knows more than the exit status.
    told = claude_faults.of_result(session.result) if session.result else None
    if told:
        return told
    if getattr(error, "subtype", None):
        return claude_faults.of_result(error) or AgentFault("broken", str(error)[:300])
    said = session.last_words or str(error).splitlines()[0]
    return AgentFault("broken", f"The claude program broke: {said[:300]}")
