"""What Claude's shell sends to the model by itself: it finds the proxy's address and password there.

The real program runs the commands; the loopback service is what the vendor would have received.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support import claude_job, tasks
from tests.support.claude_job import MODEL, Job, Start
from tests.support.model_servers.script import Call, Turn

from improve.agents import claude_world
from improve.workbench import keyproxy_handler

start = claude_job.start  # a fixture
SECONDS = 60.0
# Without tools it is answered beside the script.
OWN: dict[str, Any] = {
    "model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": "own request"}],
}  # fmt: skip
FETCHING = {"mcp_servers": [{"type": "url", "url": "https://evil.example/?what", "name": "x"}]}


def command(body: dict[str, Any]) -> str:
    """A line for bash alone that posts ``body`` and prints what comes back."""
    text = json.dumps(body)
    head = "POST /v1/messages HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n"
    head += "anthropic-version: 2023-06-01\\r\\nx-api-key: '\"$ANTHROPIC_API_KEY\"'\\r\\n"
    head += f"Content-Length: {len(text)}\\r\\n\\r\\n"
    return (
        f"exec 3<>/dev/tcp/127.0.0.1/${{ANTHROPIC_BASE_URL##*:}}; printf '{head}%s' '{text}' >&3; "
        "timeout 10 cat <&3"
    )


def job(start: Start, *bodies: dict[str, Any]) -> Job:
    calls = tuple(Call("Bash", {"command": command(one), "description": "x"}) for one in bodies)
    return start(
        [Turn("A shell.", (call,)) for call in calls] + [Turn("Done.", answer={"cause": "x"})]
    )


def arrived(made: Job) -> list[dict[str, Any]]:
    """Its own requests that reached the vendor's side."""
    return [seen.body for seen in made.model.seen if seen.body["messages"] == OWN["messages"]]


def told(made: Job) -> str:
    return json.dumps([seen.body["messages"] for seen in made.model.seen])


@pytest.fixture(autouse=True)
def with_a_shell(start: Start) -> None:
    from improve.workbench import sandbox

    if sandbox.best() not in claude_world.CLOSED:
        pytest.skip("there is a shell in bubblewrap alone")


def test_it_asks_for_no_other_model_and_lets_the_vendor_fetch_nothing(start: Start) -> None:
    made = job(start, {**OWN, **FETCHING}, {**OWN, "model": "claude-opus-5"}, OWN)
    made.work(SECONDS)
    assert arrived(made) == [OWN], "the control: what it may ask arrives"
    assert "'mcp_servers' does not pass" in told(made) and "is not this session's" in told(made)


def test_the_control_without_the_rules_all_of_it_arrives(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyproxy_handler, "refusal", lambda *_: "")
    made = job(start, {**OWN, **FETCHING}, {**OWN, "model": "claude-opus-5"})
    made.work(SECONDS)
    assert len(arrived(made)) == 2


def test_it_is_paid_from_the_runs_limits(start: Start) -> None:
    made = job(start, OWN, OWN)
    made.work(SECONDS)
    assert len(made.ledger()) == 3 + 2, "three answers of the conversation, two beside it"


def test_it_cannot_pass_the_runs_limit(start: Start) -> None:
    made = job(start, *[OWN] * 5)
    fault = made.fault(SECONDS, meter=tasks.meter(made.run, tokens=3000))
    assert fault.kind == "limit" and "3000 tokens" in fault.what
    assert len(arrived(made)) == 1 and len(made.ledger()) == 3, "conversation, own, conversation"
