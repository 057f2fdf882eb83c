"""Ways out by the system: other processes, sockets, name spaces, privileges, the kernel's keys."""

# ruff: noqa: PTH103, PTH123, PTH207

import contextlib
import ctypes
import glob
import os
import socket
from pathlib import Path

from improve_escape import LIBC, checked, holds, way


@way
def find_the_secret_in_the_own_environment(facts):
    holds("/proc/self/environ", facts["canary"])


@way
def find_the_secret_in_a_parents_environment(facts):
    for pid in (os.getppid(), 1):
        with contextlib.suppress(OSError):
            holds(f"/proc/{pid}/environ", facts["canary"])
            return
    raise PermissionError("not in the parent's nor in process 1's")


@way
def find_the_secret_in_any_environment(facts):
    for path in glob.glob("/proc/[0-9]*/environ"):
        with contextlib.suppress(OSError):
            holds(path, facts["canary"])
            return
    raise PermissionError("in none")


@way
def see_another_process(facts):
    holds(f"/proc/{facts['victim']}/cmdline", b"sleep")


@way
def signal_another_process(facts):
    os.kill(facts["victim"], 0)


@way
def trace_another_process(facts):
    checked(LIBC.ptrace(16, facts["victim"], None, None))  # PTRACE_ATTACH
    os.waitpid(facts["victim"], 0x40000000)
    LIBC.ptrace(17, facts["victim"], None, None)


@way
def read_another_processes_memory(facts):
    with open(f"/proc/{facts['victim']}/mem", "rb"):
        pass


@way
def connect_to_the_machines_loopback(facts):
    socket.create_connection(("127.0.0.1", facts["tcp"]), 2).close()


@way
def send_a_datagram_to_the_machine(facts):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(2)
        link.connect(("127.0.0.1", facts["udp"]))
        link.send(b"x")
        link.recv(1)


@way
def connect_to_a_unix_socket(facts):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(facts["unix"])


@way
def connect_to_an_abstract_socket(facts):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("\0" + facts["abstract"])


@way
def see_the_machines_network(facts):
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    if not names:
        raise PermissionError("loopback alone")


@way
def open_a_raw_socket(facts):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


@way
def mount_a_file_system(facts):
    place = (facts["tree"] + "/mount").encode()
    os.makedirs(place, exist_ok=True)
    checked(LIBC.mount(b"none", place, b"tmpfs", 0, None))
    LIBC.umount2(place, 2)


@way
def make_a_user_namespace(facts):
    checked(LIBC.unshare(0x10000000))


@way
def become_root_by_a_set_user_id_program(facts):
    # A program with the bit still changes nobody where no new privileges are allowed.
    if "NoNewPrivs:\t1" in Path("/proc/self/status").read_text():
        raise PermissionError("no new privileges")


@way
def keep_a_capability(facts):
    held = next(
        line for line in Path("/proc/self/status").read_text().split("\n") if "CapEff" in line
    )
    if int(held.split()[1], 16) == 0:
        raise PermissionError("none is held")


@way
def read_a_key_of_the_kernels_keyring(facts):
    control = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    room = ctypes.create_string_buffer(200)
    checked(LIBC.syscall(control, 11, facts["key"], room, 200, 0))  # KEYCTL_READ
    if facts["canary"] not in room.raw:
        raise PermissionError("another key")
