"""What tests, builds and the warm runner can and cannot do inside, through the product's own doors."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.repositories import git, repository, write

from improve.checks.pytest_check import run_pytest
from improve.checks.warm import warm_server
from improve.records import CheckRun, TargetEnvironment
from improve.workbench import process, sandbox
from improve.workbench.sandbox import needs, policy

HERE = TargetEnvironment(
    python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
)
REACH = """
import os, socket
from pathlib import Path
def test_writes():
    Path("in-the-tree").write_text("x")
    Path.home().joinpath("in-its-home").write_text("x")
def test_leaves_nothing_outside():
    Path("{outside}/new").write_text("x")
def test_connects():
    socket.create_connection(("127.0.0.1", {port}), 2).close()
def test_fills_memory():
    assert len(bytearray(200 << 20))
"""


@contextlib.contextmanager
def server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


def outcomes(run: CheckRun) -> dict[str, str]:
    return {node.split("test_", 2)[2]: outcome for node, outcome in run.outcomes.items()}


def reached(tree: Path, outside: Path) -> tuple[CheckRun, dict[str, str]]:
    outside.mkdir(exist_ok=True)
    with server() as port:
        write(tree, {"test_reach.py": REACH.format(outside=outside, port=port)})
        run = run_pytest(tree, HERE, ["test_reach.py"], timeout=60)
    return run, outcomes(run)


def test_a_check_is_held_and_says_where(level: sandbox.Level, tree: Path, tmp_path: Path) -> None:
    run, seen = reached(tree, tmp_path / "outside")
    assert run.complete and run.sandbox == level
    assert seen == {
        "writes": "passed", "leaves_nothing_outside": "failed", "connects": "failed",
        "fills_memory": "passed",
    }  # fmt: skip
    assert not (tmp_path / "outside" / "new").exists() and (tree / "in-the-tree").exists()


def test_settings_open_and_limit(level: sandbox.Level, tree: Path, tmp_path: Path) -> None:
    limit = 150 << 20
    policy.decide(policy.Policy(wish=policy.decided().wish, network=True, memory_bytes=limit))
    _, seen = reached(tree, tmp_path / "outside")
    assert (seen["connects"], seen["fills_memory"]) == ("passed", "failed")
    assert seen["leaves_nothing_outside"] == "failed", "the network alone was opened"


@pytest.mark.usefixtures("unfenced")
def test_without_a_sandbox_the_same_check_does_it_all(tree: Path, tmp_path: Path) -> None:
    run, seen = reached(tree, tmp_path / "outside")
    assert run.sandbox == "none" and set(seen.values()) == {"passed"}


def test_a_check_that_overruns_a_limit_is_not_complete_and_says_why(
    level: sandbox.Level, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = policy.held

    def tighter(fence: sandbox.Fence) -> sandbox.Held:
        made = held(fence)
        limits = sandbox.Limits(disk_bytes=20 << 20)
        return sandbox.Held(
            sandbox.Fence(fence.tree, fence.writable, made.fence.readable, limits=limits),
            made.level,
        )

    monkeypatch.setattr(policy, "held", tighter)
    # Again and again: what others on this disk delete meanwhile makes it emptier.
    fill = (
        "import time\ndef test_it():\n    for n in range(30):\n"
        "        open(f'x{n}', 'wb').write(bytes(90 << 20)); time.sleep(1)\n"
    )
    write(tree, {"test_it.py": fill})
    run = run_pytest(tree, HERE, ["test_it.py"], timeout=25)
    assert not run.complete and not run.ok and not run.timed_out
    assert "ended by the sandbox: the disk got fuller" in run.log


def test_the_warm_runner_works_at_every_level(level: sandbox.Level, tree: Path) -> None:
    write(
        tree,
        {"a.py": "def f(): return 1\n", "test_a.py": "import a\ndef test_f(): assert a.f() == 2\n"},
    )
    world = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    with warm_server(tree, interpreter(), world, 60) as running:
        assert running.open("s", ["test_a.py"], 30)
        assert not running.run(["test_a.py"], 10, session="s").ok
        good = {tree / "a.py": "def f(): return 2\n"}
        assert running.run(["test_a.py"], 10, session="s", files=good).ok
    assert (tree / "a.py").read_text() == "def f(): return 1\n"


BUILD = """
import os, socket
from pathlib import Path
def tried(what):
    try:
        what(); return "yes"
    except OSError as error: return "no"
home = Path(os.environ["HOME"])
print(*[f"{name}={tried(what)}" for name, what in {
    "place": lambda: Path("{place}/venv/new").write_text("x"),
    "cache": lambda: Path(os.environ["PIP_CACHE_DIR"]).mkdir(exist_ok=True, parents=True),
    "netrc": lambda: (home / ".netrc").read_text(),
    "pip": lambda: (home / ".config/pip/pip.conf").read_text(),
    "usercache": lambda: (home / ".cache/pip/wheel").read_text(),
    "outside": lambda: Path("{outside}").write_text("x"),
    "index": lambda: socket.create_connection(("127.0.0.1", {port}), 2).close(),
    "objects": lambda: os.listdir("{objects}"),
    "config": lambda: Path("{config}").read_text(),
}.items()])
"""


def test_a_build_reaches_its_index_its_place_and_no_more(
    level: sandbox.Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, place = tmp_path / "home", tmp_path / "cache" / "environments" / "key"
    user = repository(tmp_path / "user", {"a.py": "a = 1\n"})
    git(user, "config", "http.extraheader", "token")
    files = {".netrc": "token", ".config/pip/pip.conf": "[global]\n", ".cache/pip/wheel": "w"}
    write(home, files)
    write(place, {"venv/pyvenv.cfg": "", "checkout/setup.py": ""})
    monkeypatch.setenv("HOME", str(home))
    objects = user / ".git" / "objects"
    with server() as port:
        script = BUILD
        for name, value in {
            "place": place, "outside": user / "a.py", "port": port, "objects": objects,
            "config": user / ".git" / "config",
        }.items():  # fmt: skip
            script = script.replace(f"{{{name}}}", str(value))
        downloads = tmp_path / "cache" / "downloads" / "key"
        world = {
            "PATH": os.defpath,
            "HOME": str(home),
            "PIP_CACHE_DIR": str(downloads / "pip"),
        }
        fence = needs.for_building(place, downloads, [objects])
        argv = [sys.executable, "-I", "-c", script]
        done = process.run(argv, cwd=place, env=world, timeout=60, merge=True, fence=fence)
    said = dict(pair.split("=") for pair in done.text.split())
    open_ = {name for name, answer in said.items() if answer == "yes"}
    # Below /tmp bubblewrap has folders of its own: what is written there is nobody's.
    assert open_ - {"outside"} == {"place", "cache", "pip", "index", "objects"}, done.text
    assert (user / "a.py").read_text() == "a = 1\n"


def test_sources_of_projects_installed_for_editing_are_shown_without_their_git_folder(
    tmp_path: Path, tree: Path
) -> None:
    if why := sandbox.works("bubblewrap"):
        pytest.skip(why)
    site = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    other = repository(tmp_path / "other", {"other.py": "x = 1\n"})
    write(site, {"other.pth": f"{other}\n"})
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    fence = sandbox.Held(needs.for_tests(tree, python).fence, "bubblewrap")
    done = process.run(
        ["sh", "-c", f"ls -A {other}; cat {other}/.git/config"], cwd=tree, env={"PATH": os.defpath},
        timeout=20, fence=fence,
    )  # fmt: skip
    assert done.text.split() == [".git", "other.py"] and "No such file" in done.error_text


def test_nothing_is_left_of_a_fence(
    level: sandbox.Level, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    mounts = Path("/proc/self/mountinfo").read_text()
    for script in ("true", "sleep 30", "exit 3"):
        fence = sandbox.Held(sandbox.Fence(tree), level)
        world = {"PATH": os.defpath}
        process.run(["sh", "-c", script], cwd=tree, env=world, timeout=1, fence=fence)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert not list(temporary.iterdir()) and not list(tree.iterdir())
