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
from improve.workbench.sandbox import bubblewrap, calls, visible
from improve.workbench.sandbox.fence import Fence
from improve.workbench.sandbox.rlimits import prlimit, rlimits
from improve.workbench.sandbox.watch import kill_descendants, watcher

Level = Literal["bubblewrap", "bubblewrap-root", "landlock", "none"]
INSIDE = Path(__file__).parent / "inside"
OWN_WORDS = (b"bwrap: ", b"sandbox: ", b"sudo: ")  # how our own means begin to complain


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
            inner = _forwarded(fence, argv) if self.level.startswith("bubblewrap") else list(argv)
            end: Callable[[int], None] = _nothing
            if self.level == "bubblewrap":
                outer.pop("TMPDIR", None)  # inside, /tmp is its own
                command = [*_filtered(ends), *bubblewrap.command(inner, outer, fence, cwd)]
                end = kill_descendants
            elif self.level == "bubblewrap-root":
                outer.pop("TMPDIR", None)
                command, outer = _through_root(_filtered(ends), inner, outer, fence, cwd)
                end = kill_descendants
            elif self.level == "landlock":
                private = ends.enter_context(tempfile.TemporaryDirectory(prefix="improve-tmp-"))
                outer["TMPDIR"] = private
                command = _landlocked(inner, outer, fence, Path(private))
            else:
                orders = prlimit(fence.limits) if sys.platform == "linux" else []
                command = [*orders, *(["--"] if orders else []), *inner]
            overrun = watcher(fence.tree, fence.limits)
            yield Inside(tuple(command), outer, self.level, overrun, end)

    def check(self, done: Finished) -> Finished:
        """``done``; raises ImproveError when our own means failed, so that the program never ran."""
        said = done.stderr or done.stdout
        if done.returncode == 1 and said.startswith(OWN_WORDS):
            line = said.split(b"\n")[0].decode("utf-8", "replace")
            raise ImproveError(
                f"`{done.argv[0]}` could not be started in the sandbox ({self.level}): {line}",
                "A path that it needs can be shown to it: sandbox-readable in improve.yaml. "
                "`improve doctor --probe` shows what the sandbox does here; `sandbox: off` runs without.",
            )
        return done


def _filtered(ends: contextlib.ExitStack) -> list[str]:
    """What makes descriptor 9 the filter for system calls. By a file, since sudo closes others."""
    rules = calls.in_namespaces()
    if rules is None:
        return []
    file = ends.enter_context(tempfile.NamedTemporaryFile(prefix="improve-filter-"))  # noqa: SIM115
    file.write(rules)
    file.flush()
    return ["/bin/sh", "-c", 'exec "$@" 9<"$0"', file.name]


def _nothing(_pid: int) -> None:
    return None


def _through_root(
    filtered: Sequence[str], argv: Sequence[str], env: Mapping[str, str], fence: Fence, cwd: Path
) -> tuple[list[str], dict[str, str]]:
    if os.getuid():
        who = (os.getuid(), os.getgid())
        # sudo replaces the environment, so it is put in again behind it.
        head = [shutil.which("sudo") or "sudo", "-n", "--", "/usr/bin/env", "-i"]
        head += [f"{name}={value}" for name, value in env.items()]
        return [*head, *filtered, *bubblewrap.command(argv, env, fence, cwd, as_user=who)], {
            name: env[name] for name in ("PATH", "IMPROVE_RUN") if name in env
        }
    owner = fence.tree.stat()
    command = bubblewrap.command(argv, env, fence, cwd, as_user=(owner.st_uid, owner.st_gid))
    return [*filtered, *command], dict(env)


def _forwarded(fence: Fence, argv: Sequence[str]) -> list[str]:
    if not fence.gate or fence.network == "open":
        return list(argv)
    program = INSIDE / "improve_gate.py"
    gate = [str(fence.gate.port), str(fence.gate.socket)]
    return [sys.executable, "-I", str(program), *gate, *argv]


def _landlocked(
    argv: Sequence[str], env: Mapping[str, str], fence: Fence, private: Path
) -> list[str]:
    read = [
        *map(Path, visible.ROOTS), *visible.system(network=fence.network == "open"), Path("/proc"),
        *visible.programs(env), *(p for p in fence.readable if not (p / ".git").exists()),
    ]  # fmt: skip
    spec = {
        "read": sorted({str(path) for path in read if path.exists()}),
        "write": [str(path) for path in (fence.tree, *fence.writable, private)],
        "network": fence.gate.port if fence.gate and fence.network == "none" else fence.network,
        "limits": rlimits(fence.limits),
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
