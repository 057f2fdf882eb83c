"""Tries to get out: every way is tried in a process of its own, and told as JSON {name: what came of it}.

    python -I improve_escapes.py FACTS

FACTS is JSON about a playground made for this: paths, sockets and a process to attack. Nothing else
is touched: where only the right to do something is of interest, a file is opened and nothing is
written. Run outside of any sandbox, the same file is the control that shows that the ways are open.
"""

# ruff: noqa: PTH101, PTH103, PTH104, PTH108, PTH123, PTH207, PTH208, PTH211, S103

import contextlib
import ctypes
import glob
import json
import os
import signal
import socket
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
WAYS = {}


def way(function):
    WAYS[function.__name__.replace("_", " ")] = function
    return function


def checked(done):
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return done


def opened_to_write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK))


def holds(path, canary):
    if canary not in Path(path).read_bytes():
        raise PermissionError("the secret is not there")


@way
def read_a_file_outside(facts):
    holds(facts["outside"] + "/secret", facts["canary"])


@way
def list_a_folder_outside(facts):
    if "secret" not in os.listdir(facts["outside"]):
        raise PermissionError("it is empty")


@way
def write_beside_the_tree(facts):
    Path(facts["outside"], "new").write_text("x")


@way
def overwrite_a_file_outside(facts):
    with open(facts["outside"] + "/file", "r+") as stream:
        stream.write("x")


@way
def cut_a_file_outside(facts):
    os.truncate(facts["outside"] + "/file", 0)


@way
def delete_a_file_outside(facts):
    os.unlink(facts["outside"] + "/deleted")


@way
def rename_a_file_into_the_tree(facts):
    os.rename(facts["outside"] + "/moved", facts["tree"] + "/moved")


@way
def hard_link_a_file_into_the_tree(facts):
    os.link(facts["outside"] + "/secret", facts["tree"] + "/linked")


@way
def write_through_a_link(facts):
    os.symlink(facts["outside"] + "/through", facts["tree"] + "/link")
    Path(facts["tree"], "link").write_text("x")


@way
def change_the_mode_of_a_file_outside(facts):
    os.chmod(facts["outside"] + "/file", 0o777)


@way
def change_the_date_of_a_file_outside(facts):
    os.utime(facts["outside"] + "/file", (1, 1))


@way
def read_the_sign_in_of_gh(facts):
    holds(facts["home"] + "/.config/gh/hosts.yml", facts["canary"])


@way
def read_the_users_git_configuration(facts):
    holds(facts["home"] + "/.gitconfig", facts["canary"])


@way
def read_a_token_in_a_git_folder(facts):
    holds(facts["repository"] + "/.git/config", facts["canary"])


@way
def plant_a_git_hook(facts):
    Path(facts["repository"], ".git", "hooks", "pre-commit").write_text("x")


@way
def write_to_the_machines_tmp(facts):
    Path(facts["tmp_file"]).write_text("x")  # looked for from outside


@way
def write_to_shared_memory(facts):
    Path(facts["shm_file"]).write_text("x")  # looked for from outside


@way
def write_to_etc(facts):
    opened_to_write("/etc/passwd")


@way
def write_to_usr(facts):
    opened_to_write("/usr/lib/os-release")


@way
def change_a_kernel_setting(facts):
    opened_to_write("/proc/sys/kernel/core_pattern")


@way
def open_a_disk(facts):
    disks = [
        d for kind in ("vd?", "sd?", "nvme*n1", "xvd?", "loop0") for d in glob.glob("/dev/" + kind)
    ]
    os.close(os.open((disks or ["/dev/none"])[0], os.O_RDONLY | os.O_NONBLOCK))


@way
def read_the_kernels_log(facts):
    os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))


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


def attempt(function, facts):
    """What came of it: 'reached', or why not."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            function(facts)
            said = "reached"
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode("utf-8", "replace")[:300])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        told = stream.read().decode("utf-8", "replace")
    os.waitpid(child, 0)
    return told or "killed"


def main():
    facts = json.loads(sys.argv[1])
    # The secret itself may not stand in an argument: it would be found in every list of processes.
    facts["canary"] = bytes.fromhex(facts.pop("yranac"))[::-1]
    print(json.dumps({name: attempt(function, facts) for name, function in WAYS.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
