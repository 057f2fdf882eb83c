"""The small GitHub as an Enterprise server: REST and pushes over real https, on a port of its own.

Only here does git itself meet a server that wants a sign-in. A fault is planted by the path of git's
own requests: ``info/refs``, ``git-upload-pack``, ``git-receive-pack``.
"""

from __future__ import annotations

import base64
import contextlib
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.github_server import TOKEN, Handler
from tests.support.github_state import GitHub, Seen

EXPECTED = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class _Handler(Handler):
    def _serve(self, sent: bytes) -> None:
        if self.path.startswith("/api/"):
            super()._serve(sent)
            return
        github, parts = self.server.github, urlsplit(self.path)
        who = self.headers.get("Authorization", "")
        github.seen.append(Seen(self.headers.get("Host", ""), parts.path, {}, who, self.command))
        self.fault = fault = github.fault_for(parts.path, self.command)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            github.closing.wait(fault.seconds if fault else 0)
            if fault and fault.kind == "answer":
                self._bytes(fault.status, "text/plain", fault.message.encode())
            elif who != EXPECTED:
                asks = {"WWW-Authenticate": 'Basic realm="GitHub"'}
                self._bytes(401, "text/plain", b"", headers=asks)
            else:
                self._git(sent)

    def _git(self, sent: bytes) -> None:
        github, parts = self.server.github, urlsplit(self.path)
        assert github.bare is not None
        inside = parts.path.partition(".git/")[2]
        done = subprocess.run(
            ["git", "http-backend"], input=sent, capture_output=True, check=True,
            env={
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(github.bare),
                "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": f"/{inside}", "QUERY_STRING": parts.query,
                "REQUEST_METHOD": self.command, "REMOTE_USER": "octocat",
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(sent)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            },
        )  # fmt: skip
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        told = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(told.pop("Status", "200").split()[0])
        self._bytes(status, told.pop("Content-Type"), body, headers=told)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, github: GitHub) -> None:
        self.github = github
        super().__init__(("127.0.0.1", 0), _Handler)


@contextlib.contextmanager
def serve_https(github: GitHub, folder: Path) -> Iterator[dict[str, str]]:
    """Answer for ``github``; gives the environment variables that lead gh and git here."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _Server(github) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield {
                "GH_HOST": f"localhost:{server.server_address[1]}",
                "GH_ENTERPRISE_TOKEN": TOKEN,
                "SSL_CERT_FILE": str(certificate),
                "NO_PROXY": "localhost",
            }
        finally:
            github.closing.set()
            server.shutdown()
            thread.join()
