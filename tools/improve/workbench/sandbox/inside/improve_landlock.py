"""Run a program inside landlock and a system-call filter. No packages, no root, no namespaces.

    python -I improve_landlock.py SPEC PROGRAM [ARGUMENTS]

SPEC is JSON: ``read`` and ``write`` (lists of paths), ``network`` (none, open or a port that alone
may be connected to), ``limits`` (RLIMIT name -> value), ``filter`` (for system calls, in hex), ``unset`` (variables to
leave out), ``told`` (a file that gets the exit status, as bubblewrap's --json-status-fd does: only when
the program was started).

This process stays outside as the parent: it takes in what its child leaves behind (a daemon, too)
and ends it, however the child ended.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
import time
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # landlock system calls, the same on every architecture
RULE_PATH, RULE_PORT = 1, 2
READ = 0b1101  # execute, read files, read folders
FILE_ONLY = 0b111 | 1 << 14  # what a rule for a single file may name: and truncate
CONNECT_TCP = 1 << 1
DEVICES = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "shm")]
DEATH_SIGNAL, SUBREAPER, NO_NEW_PRIVS, DROP_BOUND, AMBIENT = 1, 36, 38, 24, 47
LIBC = ctypes.CDLL(None, use_errno=True)
LEAST_VERSION = 3  # of landlock: without it files can be cut to nothing wherever they lie


def call(*arguments):
    done = LIBC.syscall(*arguments)
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return done


def version():
    """The machine's landlock version; 0 without one."""
    return max(0, LIBC.syscall(CREATE, None, ctypes.c_size_t(0), 1))


def fence(spec):
    abi = version()
    if abi < LEAST_VERSION:
        raise OSError(0, f"landlock version {abi} of this kernel is too old")
    files = (1 << (15 if abi >= 3 else 13)) - 1
    port = spec["network"] if isinstance(spec["network"], int) else None
    # Ports below 4 and signals below 6: the system-call filter stands in for the first.
    ports = CONNECT_TCP if port and abi >= 4 else 0
    scoped = 0b11 if abi >= 6 else 0  # abstract sockets, signals
    attributes = struct.pack("=QQQ", files, ports, scoped)[
        : 8 if abi < 4 else 16 if abi < 6 else 24
    ]
    ruleset = call(CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, rights in ((spec["read"], READ), ([*spec["write"], *DEVICES], files)):
        for path in paths:
            allow(ruleset, path, rights & files)
    if ports:
        call(ADD, ruleset, RULE_PORT, struct.pack("=QQ", CONNECT_TCP, port), 0)
    if LIBC.prctl(NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "new privileges could not be given up")
    call(RESTRICT, ruleset, 0)
    os.close(ruleset)


def allow(ruleset, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        folder = Path(path).is_dir()
        rule = struct.pack("=Qi", rights if folder else rights & FILE_ONLY, place)
        call(ADD, ruleset, RULE_PATH, rule, 0)
    finally:
        os.close(place)


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def filter_calls(rules):
    whole = Program(len(rules) // 8, rules)
    if LIBC.prctl(22, 2, ctypes.byref(whole), 0, 0):  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "the filter for system calls was refused")


def drop_capabilities():
    if os.geteuid() == 0:
        for number in range(64):
            LIBC.prctl(DROP_BOUND, number, 0, 0, 0)
        header, none = struct.pack("=II", 0x20080522, 0), bytes(24)
        if LIBC.capset(header, none):
            raise OSError(ctypes.get_errno(), "capabilities could not be dropped")


def become(spec, argv):
    for name, value in spec["limits"].items():
        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))
    fence(spec)
    drop_capabilities()
    filter_calls(bytes.fromhex(spec["filter"]))
    for name in spec["unset"]:
        os.environ.pop(name, None)
    os.execvp(argv[0], argv)  # noqa: S606 - there is no shell here on purpose


def children():
    return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]


def end_the_rest():
    """Kill what is left until nothing is: each killed process hands us its own children."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = children()
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def main():
    spec, argv = json.loads(sys.argv[1]), sys.argv[2:]
    parent = os.getppid()
    LIBC.prctl(DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)
    failed, failing = os.pipe()  # not inherited: a program that was started holds no end of it
    os.set_blocking(failed, False)

    def leave(status):
        end_the_rest()
        with contextlib.suppress(BlockingIOError):  # it was ended before anybody could know
            if not os.read(failed, 1):
                Path(spec["told"]).write_text(json.dumps({"exit-code": status}))
        os._exit(status)

    def end(number, frame):
        leave(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGTERM)
    child = os.fork()
    if child == 0:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        LIBC.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        try:
            become(spec, argv)
        except BaseException as error:
            os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
            os.write(failing, b"x")
        finally:
            os._exit(1)
    os.close(failing)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    leave(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
