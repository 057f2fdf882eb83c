"""A fence, held at one level of the machine: what ``process.run`` takes as its ``fence``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from improve.errors import ImproveError
from improve.workbench.finished import Finished, Inside
from improve.workbench.folders import temporary
from improve.workbench.sandbox import bubblewrap, calls, visible
from improve.workbench.sandbox.fence import Fence
from improve.workbench.sandbox.rlimits import prlimit, rlimits
from improve.workbench.sandbox.watch import kill_descendants, watcher

Level = Literal["bubblewrap", "bubblewrap-root", "landlock", "none"]
INSIDE = Path(__file__).parent / "inside"
# bwrap(1) on --json-status-fd; improve_landlock.py keeps to it. Only a program that was started has one.
ENDED = b'"exit-code"'


@dataclass(frozen=True)
class Held:
    """``fence`` at ``level``. Where that does not work, nothing runs: it never opens by itself."""

    fence: Fence
    level: Level

    @contextlib.contextmanager
    def around(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> Iterator[Inside]:
        """The command as it is started at this level."""
        fence = self.fence
        with contextlib.ExitStack() as ends:
            outer = dict(env)
            ours = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="improve-filter-")))
            told = ours / "told"
            told.touch()  # root's umask may be stricter than ours
            started: Callable[[], bool] = lambda: ENDED in told.read_bytes()  # noqa: E731
            inner = _forwarded(fence, argv) if self.level.startswith("bubblewrap") else list(argv)
            end: Callable[[int], None] = _nothing
            if self.level == "bubblewrap":
                outer.pop("TMPDIR", None)  # inside, /tmp is its own
                command = [*_described(ours), *bubblewrap.command(inner, outer, fence, cwd)]
                end = kill_descendants
            elif self.level == "bubblewrap-root":
                outer.pop("TMPDIR", None)
                command, outer = _through_root(ours, inner, outer, fence, cwd)
                end = kill_descendants
            elif self.level == "landlock":
                private = ends.enter_context(temporary("improve-tmp-"))
                outer["TMPDIR"] = str(private)
                command = _landlocked(inner, outer, fence, private, told)
            else:
                orders = prlimit(fence.limits) if sys.platform == "linux" else []
                command = [*orders, *(["--"] if orders else []), *inner]
                started = _always  # nothing is put up that could fail
            overrun = watcher(fence.tree, fence.limits)
            yield Inside(tuple(command), outer, self.level, overrun, end, started)

    def check(self, done: Finished) -> Finished:
        """``done``; raises ImproveError when our own means failed, so that the program never ran.

        Told by what our means wrote where the program cannot write: its output is its own.
        """
        by_itself = done.returncode is not None and done.returncode >= 0 and not done.overran
        if by_itself and not done.started:
            said = (done.stderr or done.stdout).strip() or b"it said nothing"
            line = said.split(b"\n")[0].decode("utf-8", "replace")
            raise ImproveError(
                f"`{done.argv[0]}` could not be started in the sandbox ({self.level}): {line}",
                "A path that it needs can be shown to it: sandbox-readable in improve.yaml. "
                "`improve doctor --probe` shows what the sandbox does here; `sandbox: off` runs without.",
            )
        return done


def _described(ours: Path, *more: str) -> list[str]:
    """What makes descriptor 9 the filter for system calls and 8 where bubblewrap tells how it went.

    By files, since sudo closes others; in a folder of ours, since the kernel lets root create
    nothing over somebody's file in /tmp (fs.protected_regular).
    """
    (ours / "filter").write_bytes(calls.in_namespaces() or b"")
    order = ['exec "$@" 9<"$0/filter" 8>"$0/told"', *more]
    return ["/bin/sh", "-c", " ".join(order), str(ours)]


def _nothing(_pid: int) -> None:
    return None


def _always() -> bool:
    return True


def _through_root(
    ours: Path, argv: Sequence[str], env: Mapping[str, str], fence: Fence, cwd: Path
) -> tuple[list[str], dict[str, str]]:
    if os.getuid():
        who = (os.getuid(), os.getgid())
        # sudo replaces the environment, so bubblewrap makes the program's. It reads it from a file:
        # every user sees the arguments of a process, and sudo writes them into the system's log.
        environ = ours / "environ"
        environ.touch(0o600)
        environ.write_bytes(bubblewrap.setting(env))
        sudo = [shutil.which("sudo") or "sudo", "-n", "--", "/usr/bin/env", "-i"]
        given = _described(ours, f'{bubblewrap.SET_BY}<"$0/environ"')
        command = bubblewrap.command(argv, env, fence, cwd, as_user=who, sets=True)
        return [*sudo, *given, *command], {
            name: env[name] for name in ("PATH", "IMPROVE_RUN") if name in env
        }
    owner = fence.tree.stat()
    command = bubblewrap.command(argv, env, fence, cwd, as_user=(owner.st_uid, owner.st_gid))
    return [*_described(ours), *command], dict(env)


def _forwarded(fence: Fence, argv: Sequence[str]) -> list[str]:
    if not fence.gate or fence.network == "open":
        return list(argv)
    program = INSIDE / "improve_gate.py"
    gate = [str(fence.gate.port), str(fence.gate.socket)]
    return [sys.executable, "-I", str(program), *gate, *argv]


def _landlocked(
    argv: Sequence[str], env: Mapping[str, str], fence: Fence, private: Path, told: Path
) -> list[str]:
    open_to = (fence.tree, *fence.writable)
    readable = visible.unreplaced((*visible.programs(env), *fence.readable), open_to)
    read = [
        *map(Path, visible.ROOTS), *visible.system(network=fence.network == "open"), Path("/proc"),
        *(p for p in readable if not (p / ".git").exists()),
    ]  # fmt: skip
    spec = {
        "read": sorted({str(path) for path in read if path.exists()}),
        "write": [str(path) for path in (*open_to, private)],
        "network": fence.gate.port if fence.gate and fence.network == "none" else fence.network,
        "limits": rlimits(fence.limits),
        "told": str(told),
        "filter": _landlock_filter(fence).hex(),
        # Python sets it for itself where no locale is (PEP 538); the program is not to see it.
        "unset": [] if "LC_CTYPE" in env else ["LC_CTYPE"],
    }
    launcher = str(INSIDE / "improve_landlock.py")
    return [sys.executable, "-I", "-S", launcher, json.dumps(spec), *argv]


def _landlock_filter(fence: Fence) -> bytes:
    families: dict[int, bool] = {}
    if fence.network == "open":  # netlink: how the C library asks for the machine's addresses
        families = {socket.AF_INET: True, socket.AF_INET6: True, 16: True}
    elif fence.gate:
        families = {socket.AF_INET: False}
    rules = calls.alone(families)
    if rules is None:
        raise ImproveError("There is no filter for system calls for this machine's processor.")
    return rules
