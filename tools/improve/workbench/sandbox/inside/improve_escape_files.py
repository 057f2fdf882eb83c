"""Ways out by files: what lies outside is read, written, moved, and the machine's own is opened."""

# ruff: noqa: PTH101, PTH104, PTH108, PTH123, PTH207, PTH208, PTH211, S103

import glob
import os
from pathlib import Path

from improve_escape import holds, opened_to_write, way


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
