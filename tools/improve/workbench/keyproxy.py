"""The model's key, kept out of the agent's world.

A small HTTP server of ours takes an agent's requests to its model, puts the key in, and streams
both ways. The agent gets an address on loopback and a password that is good for nothing else; its
process, environment and files hold no key, and of the model's interface it reaches the calls that
generate text and no other (no files, no administration, no other hosts), asks the models of its
session, and nothing that the vendor would run or fetch itself (``keyproxy_rules``). Secrets that it
read in the repository are taken out of what it sends (``outgoing``).

It listens on a unix socket for sandboxes without a network (``sandbox.Gate`` leads to it) and, only for
levels that cannot have a network of their own, on a loopback port, which every user could try.
"""

from __future__ import annotations

import contextlib
import secrets
import socketserver
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from improve.errors import ImproveError
from improve.workbench.keyproxy_handler import Handler, Upstream
from improve.workbench.keyproxy_usage import Purse, Till
from improve.workbench.sandbox.fence import Gate
from improve.workbench.services import OPENAI, Service

FIRST_PORT = 49152  # of those that nobody registers


@dataclass(frozen=True)
class KeyProxy:
    """A running proxy. ``requests`` grows: (method, path without its query, status)."""

    service: Service
    gate: Gate
    password: str
    requests: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gate.port}"

    def environ(self) -> dict[str, str]:
        """The variables by which the vendor's programs find the proxy."""
        service = self.service
        return {service.address: self.url + service.folder, service.key: self.password}


@contextlib.contextmanager
def key_proxy(
    service: Service,
    environ: Mapping[str, str],
    models: Sequence[str],
    purse: Purse | None = None,
    timeout: float = 600.0,
    *,
    port: bool = True,
) -> Iterator[KeyProxy]:
    """A proxy for ``service`` with the key and address in ``environ``; it ends with the context.

    Of ``models`` alone something may be asked; each answer is written down in ``purse``, and none
    is asked for once that has reached a limit. ``timeout`` in seconds is for one silence of the
    model's side. ``port``: it listens on our loopback, too; without it the gate's port is only the
    one that a sandbox opens inside.

    Raises: ImproveError when the address is none or the key cannot stand in a header.
    """
    vendor, key, base_url = service.name, environ[service.key], service.base(environ)
    target = urlsplit(base_url)
    if target.scheme not in ("http", "https") or not target.hostname:
        raise ImproveError(f"{vendor}: {base_url!r} is no address.", "Give it as https://host.")
    if not key.isascii() or not key.isprintable() or not key.strip():
        raise ImproveError(f"{vendor}: the key is empty or damaged.", "Set it again, in one line.")
    prefix = target.path.rstrip("/").removesuffix("/v1")
    name, value = ("x-api-key", key.strip())
    if service is OPENAI or value.startswith("sk-ant-oat"):  # a subscription's token is a bearer
        name, value = "authorization", f"Bearer {value}"
    password, seen = secrets.token_urlsafe(32), list[tuple[str, str, int]]()
    till = Till(purse)
    upstream = Upstream(
        target, prefix, (name, value), password, service, tuple(models), seen, timeout, till
    )
    # In a folder of its own: a socket's path has at most 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="improve-key-") as folder,
        contextlib.ExitStack() as open_,
    ):
        address = Path(folder) / "s"
        open_.callback(till.close)
        servers: list[_Tcp | _Unix] = [_Unix(str(address), Handler)]
        number = FIRST_PORT + secrets.randbelow(65536 - FIRST_PORT)
        if port:
            tcp = _Tcp(("127.0.0.1", 0), Handler)
            servers.append(tcp)
            number = int(tcp.server_address[1])
        for server in servers:
            server.upstream = upstream
            open_.enter_context(server)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            open_.callback(thread.join, 5)
            open_.callback(server.shutdown)
        yield KeyProxy(service, Gate(number, address), password, seen)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    upstream: Upstream


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    upstream: Upstream
