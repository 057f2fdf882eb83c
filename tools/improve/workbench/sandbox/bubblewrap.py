"""The command line of bubblewrap: namespaces of its own for everything, and an empty machine in them.

The environment that the program gets is bubblewrap's own environment. With ``--clearenv`` alone
the outer one can be read inside from /proc/1/environ, since process 1 there is bubblewrap.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from improve.workbench.sandbox import calls, visible
from improve.workbench.sandbox.fence import Fence

NOBODY = "65534"  # in every passwd file; root's own files belong to it inside
SMALL_BYTES = 64 << 20
INSIDE = Path(__file__).parent / "inside"


def command(
    argv: Sequence[str],
    env: Mapping[str, str],
    fence: Fence,
    cwd: Path,
    *,
    as_user: tuple[int, int] | None = None,
) -> list[str]:
    """``argv`` inside of bubblewrap.

    ``as_user`` (uid, gid) is for a bubblewrap that root starts where user namespaces are not
    allowed: it keeps the capabilities to change to that user, who then starts the program.
    """
    return [
        shutil.which("bwrap") or "bwrap",
        *_namespaces(fence, as_user),
        *_system(fence),
        *_own(fence, env),
        "--remount-ro", "/", "--chdir", str(cwd),
        *(["--seccomp", "9"] if calls.in_namespaces() else []),
        "--", *_limited(fence, as_user), *argv,
    ]  # fmt: skip


def _namespaces(fence: Fence, as_user: tuple[int, int] | None) -> list[str]:
    every = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    if fence.network == "none":
        every.append("--unshare-net")
    # `localhost`: a name that resolves, as the machine's own does, and tells nothing.
    every += ["--hostname", "localhost", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if as_user:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            every += ["--cap-add", capability]
        return every
    uid, gid = (str(os.getuid()), str(os.getgid())) if os.getuid() else (NOBODY, NOBODY)
    return ["--unshare-user", "--disable-userns", "--uid", uid, "--gid", gid, *every]


def _system(fence: Fence) -> list[str]:
    found: list[str] = []
    for root in map(Path, visible.ROOTS):
        if root.is_symlink():
            found += ["--symlink", str(root.readlink()), str(root)]
        elif root.is_dir():
            found += ["--ro-bind", str(root), str(root)]
    for path in visible.system(network=fence.network == "open"):
        found += ["--ro-bind", str(path), str(path)]
    tmp = str(fence.limits.tmp_bytes)
    return [
        *found,
        # Read-only as a whole: files below /proc/sys that belong to root can be written by whoever
        # *is* root outside, capabilities or not (core_pattern names a program that root runs).
        "--proc", "/proc", "--remount-ro", "/proc",
        "--dev", "/dev", "--size", tmp, "--tmpfs", "/dev/shm",  # noqa: S108
        "--perms", "1777", "--size", tmp, "--tmpfs", "/tmp",  # noqa: S108
        "--perms", "1777", "--size", tmp, "--tmpfs", "/var/tmp",  # noqa: S108
        "--size", str(SMALL_BYTES), "--tmpfs", "/run",
    ]  # fmt: skip


def _own(fence: Fence, env: Mapping[str, str]) -> list[str]:
    """The binds of this fence, outer folders first so that none hides another."""
    open_to = (fence.tree, *fence.writable)
    found_on_path = [p for p in visible.programs(env) if not _is_below(p, open_to)]
    readable = [*found_on_path, *fence.readable]
    wanted = {path: "--ro-bind" for path in readable if path.exists()}
    wanted |= {path: "--bind" for path in open_to}
    if fence.gate:
        wanted[fence.gate.socket] = "--bind"
        for path in (*visible.interpreter(Path(sys.executable)), INSIDE):
            wanted.setdefault(path, "--ro-bind")  # the forwarder's
    found: list[str] = []
    if fence.home:
        found += ["--size", str(fence.limits.tmp_bytes), "--tmpfs", str(fence.home)]
    for path in sorted(wanted, key=lambda p: len(p.parts)):
        above = next((wanted[p] for p in path.parents if p in wanted), "")
        if wanted[path] == "--bind" or above != "--ro-bind":
            found += [wanted[path], str(path), str(path)]
        if wanted[path] == "--ro-bind":
            found += _masked(path / ".git")
    return found


def _is_below(path: Path, places: Sequence[Path]) -> bool:
    return any(path == place or place in path.parents for place in places)


def _masked(git: Path) -> list[str]:
    # What is shown for its files is not shown for its repository: .git/config may hold a token
    # (actions/checkout puts one there), and the objects hold everything else.
    if git.is_dir():
        return ["--tmpfs", str(git)]
    return ["--ro-bind", "/dev/null", str(git)] if git.exists() else []


def _limited(fence: Fence, as_user: tuple[int, int] | None) -> list[str]:
    limits = fence.limits
    # Set inside: in a user namespace of its own only the namespace's processes count.
    orders = ["prlimit", "--core=0", f"--nofile={limits.open_files}"]
    if as_user is None:
        orders.append(f"--nproc={limits.processes}")
    if limits.memory_bytes is not None:
        orders.append(f"--data={limits.memory_bytes}")
    if limits.file_bytes is not None:
        orders.append(f"--fsize={limits.file_bytes}")
    if limits.cpu_seconds is not None:
        orders.append(f"--cpu={limits.cpu_seconds}")
    if as_user:
        orders += [
            "setpriv", f"--reuid={as_user[0]}", f"--regid={as_user[1]}", "--clear-groups",
            "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
        ]  # fmt: skip
    return [*orders, "--"]
