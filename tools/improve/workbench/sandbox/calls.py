"""Filters for system calls: what neither namespaces nor landlock cover, for x86_64 and aarch64.

A filter is a program for the kernel's packet filter, given as bytes (seccomp(2), <linux/filter.h>);
it holds for a process and all its children, for ever.

Inside namespaces a few calls still reach the whole machine: the kernel's keyrings are not
namespaced, and bpf, perf and userfaultfd are ways of attacking the kernel that tests do not need.
Landlock fences files and TCP ports; there the filter also closes sockets, other processes' memory,
io_uring (it would go around the filter), namespaces and mounts.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
from collections.abc import Mapping, Sequence

# name -> number on x86_64 and aarch64; -1: there is none
KEYS = {"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)}
KERNEL = {"bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282)}
MACHINE = {
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "iopl": (172, -1),
    "ioperm": (173, -1),
}  # fmt: skip
SOCKET, CLONE, CLONE3, UNSHARE, IOCTL = (41, 198), (56, 220), (435, 435), (272, 97), (16, 29)
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NEW_USER = 0x10000000
# NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET
NEW_ANY = NEW_USER | 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000
TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into our own terminal
LOAD, EQUAL, ANY_BIT, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16


def in_namespaces() -> bytes | None:
    """The filter for bubblewrap; None on a machine whose calls are not known here."""
    return _whole({**KEYS, **KERNEL}, NEW_USER, None)


def alone(families: Mapping[int, bool]) -> bytes | None:
    """The filter for landlock. ``families``: address family -> datagrams too; others get none."""
    return _whole({**KEYS, **KERNEL, **MACHINE}, NEW_ANY, families)


def _whole(
    denied: Mapping[str, tuple[int, int]], namespaces: int, families: Mapping[int, bool] | None
) -> bytes | None:
    known = ARCHITECTURES.get(platform.machine())
    if known is None:
        return None
    index, architecture = known
    rules = [
        _step(LOAD, ARCHITECTURE), _step(EQUAL, architecture, 1, 0), _step(RETURN, KILL),
        _step(LOAD, NUMBER),
    ]  # fmt: skip
    if index == 0:  # the x32 numbers of the same calls
        rules += [_step(AT_LEAST, 0x40000000, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in denied.values():
        if numbers[index] >= 0:
            rules += [_step(EQUAL, numbers[index], 0, 1), _refuse(errno.EPERM)]
    # clone3 keeps its flags in memory, where a filter cannot look: the C library falls back.
    rules += [_step(EQUAL, CLONE3[index], 0, 1), _refuse(errno.ENOSYS)]
    for call in (CLONE, UNSHARE):
        body = [_argument(0), _step(ANY_BIT, namespaces, 0, 1), _refuse(errno.EPERM)]
        rules += _when(call[index], body)
    typing = [r for one in TYPING for r in (_step(EQUAL, one, 0, 1), _refuse(errno.EPERM))]
    rules += _when(IOCTL[index], [_argument(1), *typing])
    if families is not None:
        rules += _when(SOCKET[index], _sockets(families))
    return b"".join([*rules, _step(RETURN, ALLOW)])


def _sockets(families: Mapping[int, bool]) -> list[bytes]:
    rules = [_argument(0)]
    for family, datagrams in families.items():
        body = [_argument(1), _step(AND, 0xF)]
        for kind in (socket.SOCK_STREAM, *([socket.SOCK_DGRAM] if datagrams else [])):
            body += [_step(EQUAL, int(kind), 0, 1), _step(RETURN, ALLOW)]
        body.append(_refuse(errno.EACCES))
        rules += [_step(EQUAL, int(family), 0, len(body)), *body]
    return [*rules, _refuse(errno.EACCES)]


def _when(call: int, body: Sequence[bytes]) -> list[bytes]:
    """``body`` for this system call only; it may end the filter or fall through."""
    inner = [*body, _step(LOAD, NUMBER)]
    return [_step(EQUAL, call, 0, len(inner)), *inner]


def _argument(index: int) -> bytes:
    return _step(LOAD, ARGUMENTS + 8 * index)


def _refuse(number: int) -> bytes:
    return _step(RETURN, ERROR | number)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
