"""The environment that a fenced program gets: to the byte what was asked for, and nobody else's to read.

The arguments of a process are every user's to read, and sudo writes them into the system's log. So
neither may hold a value, at any level and behind a sudo.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.support import arguments, behind_sudo

from improve.errors import ImproveError
from improve.workbench import process, sandbox
from improve.workbench.sandbox import bubblewrap

Run = Callable[[Sequence[str], Mapping[str, str]], bytes]
PATH = {"PATH": "/usr/bin:/bin"}
CANARY = f"canary-{secrets.token_hex(8)}"  # of this process: the same test may run beside it
# A moment in which anybody can look. The last word shows that the look finds what is there.
MOMENT, MARK = ["/bin/sh", "-c", "sleep 0.3; exit 0", "mark-71d5a0"], "mark-71d5a0"
ODD = {
    "QUOTES": 'it\'s "quoted" `x` $(y) ${HOME} \\ \\n',
    "LINES": "one\ntwo\n\n",
    "WIDE": "Käse ✓",
    "BYTES": bytes(range(1, 256)).decode("utf-8", "surrogateescape"),
    "EMPTY": "",
    "OPTION": "--bind",
    "LONG": "x" * 100_000,
    "ours": "a name that a script of ours might use",
    "LC_ALL": "C.UTF-8",
}
# What shells and bubblewrap say of the working folder, and landlock's own folder.
TOLD = ("PWD", "OLDPWD", "SHLVL", "_", "TMPDIR", "IMPROVE_RUN")


@pytest.fixture(params=["bubblewrap", "bubblewrap-root", "behind sudo", "landlock", "none"])
def way(request: pytest.FixtureRequest) -> str:
    """Each level, and once more the one that an ordinary user reaches by sudo."""
    name: str = request.param
    if name == "behind sudo" and os.getuid():
        pytest.skip("sudo is played where the tests run as root; elsewhere it is the machine's own")
    level = "bubblewrap-root" if name == "behind sudo" else name
    if name != "none" and (why := sandbox.works(level)):  # type: ignore[arg-type]
        pytest.skip(why)
    return name


@pytest.fixture
def user() -> Iterator[behind_sudo.User]:
    with tempfile.TemporaryDirectory() as place:  # pytest's own is its owner's alone
        yield behind_sudo.User(Path(place))


@pytest.fixture
def run(way: str, tree: Path, user: behind_sudo.User) -> Run:
    """Start a program in this way; what it printed."""

    def fenced(argv: Sequence[str], env: Mapping[str, str]) -> bytes:
        if way == "behind sudo":
            return user.run(argv, env, tree)
        held = sandbox.Held(sandbox.Fence(tree), way)  # type: ignore[arg-type]
        done = process.run(argv, cwd=tree, env=env, timeout=30, fence=held)
        assert done.ok, done.tail()
        return done.stdout

    return fenced


def got(printed: bytes) -> dict[str, str]:
    pairs = (one.partition(b"=") for one in printed.split(b"\0") if one)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def test_the_program_gets_what_was_asked_for_to_the_byte(run: Run) -> None:
    printed = got(run(["/usr/bin/env", "-0"], {**PATH, **ODD}))
    assert {name: printed.pop(name, None) for name in (*PATH, *ODD)} == {**PATH, **ODD}
    assert set(printed) <= set(TOLD), "and nothing else, of sudo's or of ours"


def test_no_argument_holds_a_value(run: Run, user: behind_sudo.User, way: str) -> None:
    with arguments.watched() as seen:
        for _ in range(3):
            run(MOMENT, {**PATH, "GEMINI_API_KEY": CANARY})
    assert seen.holds(MARK) and not seen.holds(CANARY)
    if way == "behind sudo":
        asked = user.log.read_text()
        assert asked.count(MARK) == 3 and CANARY not in asked


def test_the_control_an_environment_given_as_arguments_is_read_and_logged(
    user: behind_sudo.User,
) -> None:
    if os.getuid():
        pytest.skip("sudo is played where the tests run as root")
    old = [str(user.folder / "sudo"), "-n", "--", "/usr/bin/env", "-i", f"GEMINI_API_KEY={CANARY}"]
    # The last but one stays, as sudo does: env itself becomes the program.
    stays = ["/usr/bin/env", f"GEMINI_API_KEY={CANARY}", *MOMENT]
    with arguments.watched() as seen:
        assert process.run([*old, "/bin/sh", "-c", '"$@"; exit 0', "sh", *stays], env=PATH).ok
    assert seen.holds(CANARY) and CANARY in user.log.read_text()


def test_a_value_cannot_become_an_option_of_bubblewrap(
    way: str, tree: Path, user: behind_sudo.User
) -> None:
    env = {**PATH, "A": "x\0--bind\0/\0/mnt"}
    if way == "behind sudo":
        with pytest.raises(AssertionError, match="NUL byte"):
            user.run(["/usr/bin/true"], env, tree)
        return
    held = sandbox.Held(sandbox.Fence(tree), way)  # type: ignore[arg-type]
    with pytest.raises(ImproveError, match="null byte"):
        process.run(["/usr/bin/true"], cwd=tree, env=env, timeout=30, fence=held)


def test_each_value_is_an_option_of_its_own() -> None:
    assert bubblewrap.setting({"A": "--bind", "B": ""}) == b"--setenv\0A\0--bind\0--setenv\0B\0\0"
