"""The proxy's loopback port is one that every user of the machine can try, so it is open only where needed."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from improve.workbench import process, sandbox
from improve.workbench.keyproxy import KeyProxy, key_proxy
from improve.workbench.sandbox import needs
from improve.workbench.services import ANTHROPIC

WORLD = {ANTHROPIC.address: "http://127.0.0.1:9", ANTHROPIC.key: "sk-ant-the-real-key-0123456789"}
# The model is not there, and without the password not even that is told: 401.
ASK = (
    "import http.client, os; link = http.client.HTTPConnection(os.environ['AT'], timeout=20)\n"
    "link.request('POST', '/v1/messages', b'{}'); print(link.getresponse().status)"
)


@pytest.fixture(params=["bubblewrap", "bubblewrap-root", "landlock", "none"])
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param != "none" and (why := sandbox.works(request.param)):
        pytest.skip(why)
    before = sandbox.decided()
    sandbox.decide(sandbox.Policy(wish="off" if request.param == "none" else request.param))
    yield request.param
    sandbox.decide(before)


def inside(proxy: KeyProxy, tree: Path) -> str:
    """What a program in the agent's fence is answered."""
    fence = needs.for_agent(tree, Path(sys.executable), gate=proxy.gate)
    world = {"PATH": "/usr/bin:/bin", "AT": proxy.url.removeprefix("http://")}
    argv = [sys.executable, "-I", "-c", ASK]
    return process.run(argv, cwd=tree, env=world, timeout=60, fence=fence).text.strip()


def from_outside(proxy: KeyProxy) -> bool:
    try:
        socket.create_connection(("127.0.0.1", proxy.gate.port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_port_is_open_where_the_program_shares_our_loopback_alone(
    level: str, tmp_path: Path
) -> None:
    with key_proxy(ANTHROPIC, WORLD, (), port=sandbox.shares_loopback()) as proxy:
        assert inside(proxy, tmp_path) == "401", "the program reaches it at every level"
        assert from_outside(proxy) == (level in ("landlock", "none"))


def test_the_control_a_port_that_was_asked_for_is_everybodys() -> None:
    with key_proxy(ANTHROPIC, WORLD, ()) as proxy:
        assert from_outside(proxy)
