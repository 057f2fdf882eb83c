"""The command line of bubblewrap: namespaces of its own for everything, and an empty machine in them.

The environment that the program gets is bubblewrap's own environment. With ``--clearenv`` alone
the outer one can be read inside from /proc/1/environ, since process 1 there is bubblewrap. Behind
``sudo`` that is an empty one, and the program's is read from a descriptor: never from an argument.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench.sandbox import calls, visible
from improve.workbench.sandbox.fence import Fence
from improve.workbench.sandbox.rlimits import prlimit

NOBODY = "65534"  # in every passwd file; root's own files belong to it inside
SMALL_BYTES = 64 << 20
INSIDE = Path(__file__).parent / "inside"
SET_BY = 7  # the descriptor with what `setting` makes


def command(
    argv: Sequence[str],
    env: Mapping[str, str],
    fence: Fence,
    cwd: Path,
    *,
    as_user: tuple[int, int] | None = None,
    sets: bool = False,
) -> list[str]:
    """``argv`` inside of bubblewrap.

    ``as_user`` (uid, gid) is for a bubblewrap that root starts where user namespaces are not
    allowed: it keeps the capabilities to change to that user, who then starts the program.
    ``sets``: ``env`` is not bubblewrap's own environment, descriptor ``SET_BY`` sets it.
    """
    return [
        shutil.which("bwrap") or "bwrap",
        *_namespaces(fence, as_user),
        *(["--args", str(SET_BY)] if sets else []),
        *_with_parents([*_system(fence), *_own(fence, env)]),
        "--remount-ro", "/",
        *(["--seccomp", "9"] if calls.in_namespaces() else []),
        "--json-status-fd", "8",
        # Root without capabilities may not enter the user's private folders: the user does.
        *(["--chdir", "/"] if as_user else ["--chdir", str(cwd)]),
        "--", *_limited(fence, as_user),
        *(["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', str(cwd)] if as_user else []),
        *argv,
    ]  # fmt: skip


def setting(env: Mapping[str, str]) -> bytes:
    """``env`` as options of bubblewrap, for its ``--args``.

    Raises: ImproveError when a NUL byte would end a value, so that its rest was an option.
    """
    words = [word for name, value in env.items() for word in ("--setenv", name, value)]
    if any("\0" in word for word in words):
        raise ImproveError(
            "An environment variable of the program holds a NUL byte.",
            "Take it out where that variable is given (improve.yaml, info.json).",
        )
    return b"".join(os.fsencode(word) + b"\0" for word in words)


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


Mount = tuple[str, ...]  # an option of bubblewrap with its values; the last one is where


def _with_parents(mounts: Sequence[Mount]) -> list[str]:
    """The options in order, each behind its parent folders, open for everybody to pass.

    bubblewrap would make them as private as what it mounts, and for root alone.
    """
    made: set[Path] = {Path("/")}
    found: list[str] = []
    for mount in mounts:
        for parent in reversed(Path(mount[-1]).parents):
            if parent not in made:
                found += ["--perms", "0755", "--dir", str(parent)]
        made |= {Path(mount[-1]), *Path(mount[-1]).parents}
        found += [word for word in mount if word]
    return found


def _tmpfs(size: int, place: str | Path) -> Mount:
    return ("--perms", "1777", "--size", str(size), "--tmpfs", str(place))


def _system(fence: Fence) -> list[Mount]:
    found: list[Mount] = []
    for root in map(Path, visible.ROOTS):
        if root.is_symlink():
            found.append(("--symlink", str(root.readlink()), str(root)))
        elif root.is_dir():
            found.append(("--ro-bind", str(root), str(root)))
    for path in visible.system(network=fence.network == "open"):
        found.append(("--ro-bind", str(path), str(path)))
    tmp = fence.limits.tmp_bytes
    return [
        *found,
        # Read-only as a whole: files below /proc/sys that belong to root can be written by whoever
        # *is* root outside, capabilities or not (core_pattern names a program that root runs).
        ("--proc", "/proc"),
        ("--remount-ro", "/proc"),
        ("--dev", "/dev"),
        *(_tmpfs(tmp, place) for place in ("/dev/shm", "/tmp", "/var/tmp")),  # noqa: S108
        _tmpfs(SMALL_BYTES, "/run"),
    ]


def _own(fence: Fence, env: Mapping[str, str]) -> list[Mount]:
    """The binds of this fence, outer folders first so that none hides another."""
    open_to = (fence.tree, *fence.writable)
    found_on_path = [p for p in visible.programs(env) if not _is_below(p, open_to)]
    readable = [*found_on_path, *visible.unreplaced(fence.readable, open_to)]
    wanted = {path: "--ro-bind" for path in readable if path.exists()}
    wanted |= {path: "--bind" for path in open_to}
    if fence.gate:
        wanted[fence.gate.socket] = "--bind"
        for path in (*visible.interpreter(Path(sys.executable)), INSIDE):
            wanted.setdefault(path, "--ro-bind")  # the forwarder's
    found = [_tmpfs(fence.limits.tmp_bytes, fence.home)] if fence.home else []
    for path in sorted(wanted, key=lambda p: len(p.parts)):
        above = next((wanted[p] for p in path.parents if p in wanted), "")
        if wanted[path] == "--bind" or above != "--ro-bind":
            found.append((wanted[path], str(path), str(path)))
        if wanted[path] == "--ro-bind":
            found += _masked(path / ".git")
    return found


def _is_below(path: Path, places: Sequence[Path]) -> bool:
    return any(path == place or place in path.parents for place in places)


def _masked(git: Path) -> list[Mount]:
    # What is shown for its files is not shown for its repository: .git/config may hold a token
    # (actions/checkout puts one there), and the objects hold everything else.
    if git.is_dir():
        return [("--tmpfs", str(git))]
    return [("--ro-bind", "/dev/null", str(git))] if git.exists() else []


def _limited(fence: Fence, as_user: tuple[int, int] | None) -> list[str]:
    # Set inside: in a user namespace of its own only the namespace's processes count.
    orders = prlimit(fence.limits, processes=as_user is None)
    if not orders:
        raise ImproveError("prlimit was not found: no limit could be held.", "Install util-linux.")
    if as_user:
        orders += [
            str(Path(orders[0]).with_name("setpriv")), f"--reuid={as_user[0]}",
            f"--regid={as_user[1]}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            "--no-new-privs",
        ]  # fmt: skip
    return [*orders, "--"]
