"""What one program may reach: said outright, empty unless said.

A ``Fence`` names needs and no means. Which level of the machine holds it (bubblewrap, landlock,
none) is decided in ``levels`` and ``policy``; the program itself cannot tell the difference as
long as it stays inside of what is named here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

GIB = 1 << 30
Network = Literal["none", "open"]


@dataclass(frozen=True)
class Limits:
    """Limits of one fenced program. Bytes, and counts of processes and threads together.

    ``memory_bytes`` is what each process may write to (RLIMIT_DATA), not what it reserves:
    limits on the address space break JVMs and sanitizers that reserve far more than they use.
    ``disk_bytes`` is by how much the tree's disk may get fuller while the program runs.
    """

    memory_bytes: int | None = 4 * GIB
    file_bytes: int | None = GIB
    tmp_bytes: int = GIB
    disk_bytes: int = 8 * GIB
    processes: int = 1024
    open_files: int = 4096
    cpu_seconds: int | None = None


@dataclass(frozen=True)
class Gate:
    """The one way out of a fence without a network: loopback ``port`` leads to a unix socket.

    Where the program has a loopback of its own, a forwarder inside answers on ``port``; where it
    shares ours, something of ours must listen on the very same port (``keyproxy`` does).
    """

    port: int
    socket: Path


@dataclass(frozen=True)
class Fence:
    """Where a program may write and read, and whom it may talk to. All paths are absolute.

    ``tree`` is writable and the working folder unless another one is given to ``process.run``.
    ``network='none'`` still has a loopback of its own where the level can make one, so that tests
    which start servers on localhost work. ``home`` is the folder that ``HOME`` names when it has
    to be an empty one at that very path; usually HOME lies in something that is writable.
    """

    tree: Path
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    network: Network = "none"
    gate: Gate | None = None
    home: Path | None = None
    limits: Limits = field(default_factory=Limits)
