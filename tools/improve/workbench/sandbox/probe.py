"""What is denied here, seen: the same attempts to get out, once inside the sandbox and once outside.

An attempt that fails outside too shows nothing (a user who is not root cannot write to /etc
anyway), so only those that the control could make are counted.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.sandbox import visible
from improve.workbench.sandbox.fence import Fence, Network
from improve.workbench.sandbox.holding import INSIDE, Held, Level

# What landlock cannot deny, by its own documentation: modes and dates of files, the list of
# processes, shared memory. `see the machine's network` lists names of interfaces alone.
GAPS: dict[Level, frozenset[str]] = {
    "landlock": frozenset(
        {
            "change the mode of a file outside",
            "change the date of a file outside",
            "see another process",
            "write to shared memory",
        }
    ),
}
FROM_OUTSIDE = {"write to the machines tmp": "tmp_file", "write to shared memory": "shm_file"}


@dataclass(frozen=True)
class Attempt:
    """One way out. ``control``: it works without a sandbox here, so a denial means something."""

    name: str
    denied: bool
    control: bool
    said: str


def probe(level: Level, network: Network = "none") -> list[Attempt]:
    """Try every way out at ``level`` (with ``network``), and the same without a sandbox.

    Raises: ImproveError when the attempts themselves cannot be run.
    """
    inside, outside = _tried(level, network), _tried("none", network)
    return [
        Attempt(name, said != "reached", outside[name] == "reached", said)
        for name, said in inside.items()
    ]


def _tried(level: Level, network: Network) -> dict[str, str]:
    with (
        tempfile.TemporaryDirectory(prefix="improve-probe-") as folder,
        _playground(Path(folder)) as facts,
    ):
        tree = Path(str(facts["tree"]))
        world = {"PATH": os.defpath}
        if level == "none":  # the control stands for a program that simply inherits everything
            world["IMPROVE_PROBE_SECRET"] = _canary(facts)
        fence = Held(
            Fence(
                tree, readable=(*visible.interpreter(Path(sys.executable)), INSIDE), network=network
            ),
            level,
        )
        with _environment_with(_canary(facts)):
            done = process.run(
                [sys.executable, "-I", str(INSIDE / "improve_escapes.py"), json.dumps(facts)],
                cwd=tree, env=world, timeout=120, fence=fence,
            )  # fmt: skip
        try:
            told: dict[str, str] = json.loads(done.stdout)
        except ValueError:
            raise ImproveError(f"the probe broke off: {done.tail(400).strip()}") from None
        for name, key in FROM_OUTSIDE.items():
            place = Path(str(facts[key]))
            if told[name] == "reached" and not place.exists():
                told[name] = "written, but not on the machine"
            place.unlink(missing_ok=True)
        return told


def _canary(facts: dict[str, object]) -> str:
    return bytes.fromhex(str(facts["yranac"]))[::-1].decode()


@contextlib.contextmanager
def _environment_with(canary: str) -> Iterator[None]:
    # In our own environment, as a token of the user's would be.
    os.environ["IMPROVE_PROBE_SECRET"] = canary
    try:
        yield
    finally:
        del os.environ["IMPROVE_PROBE_SECRET"]


@contextlib.contextmanager
def _playground(place: Path) -> Iterator[dict[str, object]]:
    """Things to attack that are worth nothing."""
    canary = f"canary-{secrets.token_hex(8)}"
    name = f"improve-probe-{secrets.token_hex(6)}"
    for folder in ("tree", "outside", "home/.config/gh", "repository/.git/hooks"):
        (place / folder).mkdir(parents=True)
    for file in ("file", "deleted", "moved", "through"):
        (place / "outside" / file).write_text("content")
    for file in (
        "outside/secret",
        "home/.gitconfig",
        "home/.config/gh/hosts.yml",
        "repository/.git/config",
    ):
        (place / file).write_text(f"token = {canary}\n")
    with contextlib.ExitStack() as ends, socket.create_server(("127.0.0.1", 0)) as tcp:
        datagrams = ends.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(0.1)
        doors = [ends.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        key = ends.enter_context(_key(canary.encode()))
        for door, address in zip(doors, (str(place / "socket"), f"\0{name}"), strict=True):
            door.bind(address)
            door.listen()
        ends.enter_context(_echo(datagrams))
        yield {
            "tree": str(place / "tree"), "outside": str(place / "outside"),
            "home": str(place / "home"), "repository": str(place / "repository"),
            "unix": str(place / "socket"), "abstract": name,
            "tcp": tcp.getsockname()[1], "udp": datagrams.getsockname()[1],
            "tmp_file": f"{tempfile.gettempdir()}/{name}", "shm_file": f"/dev/shm/{name}",  # noqa: S108
            "key": key, "yranac": canary.encode()[::-1].hex(),
            "victim": ends.enter_context(_victim()),
        }  # fmt: skip


@contextlib.contextmanager
def _echo(link: socket.socket) -> Iterator[None]:
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                data, sender = link.recvfrom(16)
                link.sendto(data, sender)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join()


@contextlib.contextmanager
def _key(secret: bytes) -> Iterator[int]:
    """A key in the kernel's keyring of our session; -1 where that is not allowed."""
    numbers = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(os.uname().machine)
    libc = ctypes.CDLL(None)
    add, control = numbers or (-1, -1)
    made = libc.syscall(add, b"user", b"improve-probe", secret, len(secret), -3) if numbers else -1
    yield made
    if made > 0:
        libc.syscall(control, 3, made)  # KEYCTL_REVOKE


@contextlib.contextmanager
def _victim() -> Iterator[int]:
    """The id of a process of ours that sleeps."""
    with tempfile.TemporaryDirectory(prefix="improve-probe-") as folder:
        note = Path(folder) / "pid"
        order = f"echo $$ >{note}.new && mv {note}.new {note} && exec sleep 100"
        done = threading.Event()
        ended = []

        def sleep() -> None:
            ended.append(process.run(["sh", "-c", order], cwd=Path(folder), timeout=120))

        thread = threading.Thread(target=sleep, daemon=True)
        thread.start()
        while not note.exists() and thread.is_alive():
            done.wait(0.005)
        pid = int(note.read_text())
        try:
            yield pid
        finally:
            with contextlib.suppress(OSError):
                os.kill(pid, 15)
            thread.join(10)
