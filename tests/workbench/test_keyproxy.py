"""The key is put in outside: the agent's world holds none, and only the model can be reached."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.workbench import process, sandbox
from improve.workbench.keyproxy import KeyProxy, key_proxy
from improve.workbench.sandbox import needs
from improve.workbench.services import ANTHROPIC, OPENAI, Service

KEY = "sk-ant-the-real-key-0123456789"
MODELS = ("m",)
ASKED = b'{"model": "m"}'
CLIENT = """
import json, os, sys, time, urllib.error, urllib.request
address, key = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"]
told = []
for path, given, method in json.loads(sys.argv[1]):
    data = b'{"model": "m"}' if method == "POST" else None
    headers = {"x-api-key": given or key, "content-type": "application/json"}
    request = urllib.request.Request(address + path, data, headers, method=method)
    began, times = time.monotonic(), []
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = []
            for line in answer:
                times.append(time.monotonic() - began)
                lines.append(line.decode().strip())
            told.append([answer.status, "|".join(filter(None, lines)), times[-1] - times[0]])
    except urllib.error.HTTPError as error:
        told.append([error.code, error.read().decode(), 0])
        error.close()
    except Exception as error:
        told.append([0, f"{type(error).__name__}: {error}", 0])
print(json.dumps(told))
"""


def at(service: Service, address: str, key: str) -> dict[str, str]:
    return {service.address: address, service.key: key}


class Model(http.server.BaseHTTPRequestHandler):
    """Answers three events, 0.1 s apart; what it was sent is kept."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str], bytes]]
    cut = False

    def log_message(self, *_: object) -> None:
        return

    def do_POST(self) -> None:
        if self.headers.get("transfer-encoding"):
            body = b""
            while size := int(self.rfile.readline().strip(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(3):
            piece = b"data: %d\n\n" % number
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
            if self.cut:
                self.close_connection = True
                return
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def model() -> Iterator[tuple[str, type[Model]]]:
    handler = type("Ours", (Model,), {"seen": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
        server.shutdown()
        thread.join()


@pytest.fixture(params=["bubblewrap", "landlock", "none"])
def level(request: pytest.FixtureRequest) -> Iterator[sandbox.Level]:
    if request.param != "none" and (why := sandbox.works(request.param)):
        pytest.skip(why)
    before = sandbox.decided()
    sandbox.decide(sandbox.Policy(wish="off" if request.param == "none" else request.param))
    yield request.param
    sandbox.decide(before)


def asked(
    proxy: KeyProxy, tree: Path, *calls: tuple[str, str, str]
) -> list[tuple[int, str, float]]:
    """What a program in the agent's fence is answered."""
    fence = needs.for_agent(tree, Path(sys.executable), gate=proxy.gate)
    world = {"PATH": "/usr/bin:/bin", **proxy.environ()}
    argv = [sys.executable, "-I", "-c", CLIENT, json.dumps(calls)]
    done = process.run(argv, cwd=tree, env=world, timeout=60, fence=fence)
    assert done.ok, done.tail()
    return [tuple(one) for one in json.loads(done.stdout)]


def test_the_key_is_put_in_and_the_answer_streams(
    level: sandbox.Level, tmp_path: Path, model: tuple[str, type[Model]]
) -> None:
    address, handler = model
    with key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy:
        assert KEY not in json.dumps(proxy.environ())
        ((status, text, spread),) = asked(proxy, tmp_path, ("/v1/messages?beta=true", "", "POST"))
    assert (status, text) == (200, "data: 0|data: 1|data: 2")
    assert spread > 0.1, "the events came as they were sent, not all at the end"
    path, headers, body = handler.seen[0]
    assert path == "/v1/messages?beta=true" and body == b'{"model": "m"}'
    assert headers["x-api-key"] == KEY and "authorization" not in headers
    assert headers["content-type"] == "application/json"
    assert proxy.requests == [("POST", "/v1/messages", 200)]


def test_nothing_but_the_generating_calls_passes(
    level: sandbox.Level, tmp_path: Path, model: tuple[str, type[Model]]
) -> None:
    address, handler = model
    refused = (
        ("/v1/files", "", "POST"), ("/v1/messages/../files", "", "POST"), ("/v1//messages", "", "POST"),
        ("/v1/messages/batches", "", "POST"), ("/v1/messages%2f..%2ffiles", "", "POST"),
        ("/v1/messages?x=%0d%0aHost:+evil", "", "POST"), ("/v1/messages", "", "GET"),
        ("/v1/messages", "", "DELETE"), ("/v1/organizations/api_keys", "", "GET"),
    )  # fmt: skip
    wrong = (("/v1/messages", "another", "POST"), ("/v1/messages", KEY, "POST"))
    with key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy:
        answers = asked(proxy, tmp_path, *refused, *wrong, ("/v1/messages", "", "POST"))
    assert [status for status, _, _ in answers] == [403] * len(refused) + [401, 401, 200]
    assert len(handler.seen) == 1, "nothing of what was refused reached the model's side"
    assert KEY not in str(answers)


def test_a_sandboxed_agent_reaches_nothing_but_the_proxy(
    level: sandbox.Level, tmp_path: Path, model: tuple[str, type[Model]]
) -> None:
    address, _ = model
    port = address.rsplit(":", 1)[1]
    script = (
        "import socket\n"
        f"for place in (('127.0.0.1', {port}), ('192.0.2.1', 80)):\n"
        "    try: socket.create_connection(place, 1).close(); print('reached', place[0])\n"
        "    except OSError as error: print('denied', place[0])\n"
    )
    with key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy:
        fence = needs.for_agent(tmp_path, Path(sys.executable), gate=proxy.gate)
        argv = [sys.executable, "-I", "-c", script]
        said = process.run(argv, cwd=tmp_path, env=dict(os.environ), timeout=30, fence=fence).text
    assert ("reached 127.0.0.1" in said) == (level == "none"), (
        "without a sandbox it is open: the control"
    )


@pytest.mark.parametrize(
    ("service", "key", "path", "header", "value"),
    [
        (OPENAI, "sk-proj-1", "/v1/responses", "authorization", "Bearer sk-proj-1"),
        (OPENAI, "sk-proj-1", "/v1/chat/completions", "authorization", "Bearer sk-proj-1"),
        (ANTHROPIC, "sk-ant-oat01-x", "/v1/messages", "authorization", "Bearer sk-ant-oat01-x"),
        (ANTHROPIC, KEY, "/v1/messages/count_tokens", "x-api-key", KEY),
    ],
)
def test_each_vendors_way_of_signing_in(
    service: Service, key: str, path: str, header: str, value: str, model: tuple[str, type[Model]]
) -> None:
    address, handler = model
    with key_proxy(service, at(service, address + "/v1", key), MODELS) as proxy:
        password = proxy.environ()[service.key]
        assert sent(proxy, path, {"authorization": f"Bearer {password}", "cookie": "c"}) == 200
    seen = handler.seen[0]
    assert (seen[0], seen[1][header]) == (path, value) and "cookie" not in seen[1]


def sent(proxy: KeyProxy, path: str, headers: dict[str, str], body: bytes = ASKED) -> int:
    """Status of one POST; 0 when the answer was cut."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", proxy.gate.port)) as link:
        link.request("POST", path, body, headers)
        try:
            answer = link.getresponse()
            answer.read()
        except http.client.HTTPException:
            return 0
        return answer.status


def test_a_large_request_without_a_length_arrives_whole(model: tuple[str, type[Model]]) -> None:
    address, handler = model
    body = json.dumps({"model": "m", "text": (os.urandom(1 << 19) * 3).hex()}).encode()
    pieces = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    with (
        key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy,
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", proxy.gate.port)) as link,
    ):
        headers = {"x-api-key": proxy.password}
        link.request("POST", "/v1/messages", pieces, headers, encode_chunked=True)
        assert link.getresponse().read().count(b"data") == 3
    assert handler.seen[0][2] == body


UNREADABLE = {
    "compressed": (b"{}", {"content-encoding": "zstd"}),
    "no JSON": (b"sk-0123456789", {}),
    "cut": (b'{"a": "b', {}),
    "twice": (b'{"a": "sk-0123456789", "a": "b"}', {}),
    "too deep": (b"[" * 100_000, {}),
    "no UTF-8": (b'{"a": "\xff\xfe"}', {}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_looked_through_does_not_pass(
    name: str, model: tuple[str, type[Model]]
) -> None:
    address, handler = model
    body, headers = UNREADABLE[name]
    with key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy:
        headers = {"x-api-key": proxy.password, **headers}
        assert sent(proxy, "/v1/messages", headers, body) == 400
        assert sent(proxy, "/v1/messages", {"x-api-key": proxy.password}) == 200
    assert [body for _, _, body in handler.seen] == [ASKED]


def test_an_answer_that_is_cut_arrives_cut(model: tuple[str, type[Model]]) -> None:
    address, handler = model
    handler.cut = True
    with key_proxy(ANTHROPIC, at(ANTHROPIC, address, KEY), MODELS) as proxy:
        assert sent(proxy, "/v1/messages", {"x-api-key": proxy.password}) == 0


def test_a_model_that_is_not_there_is_told_without_the_key() -> None:
    with key_proxy(ANTHROPIC, at(ANTHROPIC, "http://127.0.0.1:9", KEY), MODELS) as proxy:
        assert sent(proxy, "/v1/messages", {"x-api-key": proxy.password}) == 502


@pytest.mark.parametrize(
    ("key", "url"), [("", "http://h"), ("a\nb", "http://h"), (KEY, "file:///x")]
)
def test_a_damaged_key_or_address_is_refused_at_once(key: str, url: str) -> None:
    with pytest.raises(ImproveError), key_proxy(ANTHROPIC, at(ANTHROPIC, url, key), MODELS):
        pass
