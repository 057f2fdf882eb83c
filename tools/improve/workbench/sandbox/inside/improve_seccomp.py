"""A system-call filter in plain ctypes: what landlock does not cover, for x86_64 and aarch64.

Landlock fences files, TCP ports and signals. This filter closes the rest: sockets of every kind,
other processes' memory, keys, io_uring (it would go around the filter), namespaces and mounts.
See seccomp(2), landlock(7) and <linux/filter.h>; a filter holds for ever and for all children.
"""

import ctypes
import errno
import platform
import socket
import struct

# name -> (x86_64, aarch64); None: the machine does not have it
DENIED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "iopl": (172, None),
    "ioperm": (173, None),
}  # fmt: skip
SOCKET, CLONE, CLONE3, UNSHARE, IOCTL = (41, 198), (56, 220), (435, 435), (272, 97), (16, 29)
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NAMESPACES = (
    0x80 | 0x20000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
)
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into our own terminal
LOAD, JUMP_EQUAL, JUMP_ANY, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16


def step(code, value, yes=0, no=0):
    return struct.pack("=HBBI", code, yes, no, value)


def refuse(number):
    return step(RETURN, ERROR | number)


def argument(index):
    return step(LOAD, ARGUMENTS + 8 * index)


def when(call, body):
    """``body`` for this system call only; it may end the filter or fall through."""
    inner = [*body, step(LOAD, NUMBER)]
    return [step(JUMP_EQUAL, call, 0, len(inner)), *inner]


def socket_rules(families):
    """Only these families, stream sockets (and datagrams where the value says so)."""
    rules = [argument(0)]
    for family, datagrams in families.items():
        kinds = [socket.SOCK_STREAM, *([socket.SOCK_DGRAM] if datagrams else [])]
        body = [argument(1), step(AND, 0xF)]
        for kind in kinds:
            body += [step(JUMP_EQUAL, int(kind), 0, 1), step(RETURN, ALLOW)]
        body.append(refuse(errno.EACCES))
        rules += [step(JUMP_EQUAL, int(family), 0, len(body)), *body]
    return [*rules, refuse(errno.EACCES)]


def program(families, machine):
    index, architecture = ARCHITECTURES[machine]
    rules = [
        step(LOAD, ARCHITECTURE),
        step(JUMP_EQUAL, architecture, 1, 0),
        step(RETURN, KILL),
        step(LOAD, NUMBER),
    ]
    if machine == "x86_64":  # the x32 numbers of the same calls
        rules += [step(JUMP_AT_LEAST, 0x40000000, 0, 1), refuse(errno.ENOSYS)]
    for numbers in DENIED.values():
        if numbers[index] is not None:
            rules += [step(JUMP_EQUAL, numbers[index], 0, 1), refuse(errno.EPERM)]
    # clone3 keeps its flags in memory, where a filter cannot look: the C library falls back.
    rules += [step(JUMP_EQUAL, CLONE3[index], 0, 1), refuse(errno.ENOSYS)]
    for call in (CLONE, UNSHARE):
        body = [argument(0), step(JUMP_ANY, NAMESPACES, 0, 1), refuse(errno.EPERM)]
        rules += when(call[index], body)
    body = [argument(1)]
    for request in TERMINAL_INPUT:
        body += [step(JUMP_EQUAL, request, 0, 1), refuse(errno.EPERM)]
    rules += when(IOCTL[index], body)
    rules += when(SOCKET[index], socket_rules(families))
    return [*rules, step(RETURN, ALLOW)]


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(families):
    """Filter this process and all its children for good. Raises OSError, KeyError (machine)."""
    rules = program(families, platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    whole = Program(len(rules), b"".join(rules))
    if libc.prctl(22, 2, ctypes.byref(whole), 0, 0):  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        number = ctypes.get_errno()
        raise OSError(number, "the system-call filter was refused")
