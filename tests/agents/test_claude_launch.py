"""How the claude program is started: in exactly its environment, which no other user can read.

The SDK starts a script and passes its own whole environment on. What the script becomes is started here
with a dirty one, as the SDK does it.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import stat
import subprocess
from pathlib import Path
from signal import SIGPIPE, SIGXFSZ

import pytest
from tests.support import arguments, claude_job
from tests.support.claude_job import RIGHT, Start

from improve.agents import claude_launch

start = claude_job.start  # a fixture
CANARY = f"canary-{secrets.token_hex(8)}"  # of this process: the same test may run beside it
PASSWORD = {"PATH": "/usr/bin:/bin", "ANTHROPIC_API_KEY": CANARY}
MOMENT, MARK = ["/bin/sh", "-c", 'sleep "$1"; exit 0', "mark-3e9d11"], "mark-3e9d11"
ODD = {
    "PATH": "/usr/bin:/bin",
    "QUOTES": 'it\'s "quoted" `x` $(y) ${HOME} \\ \\n {0} {argv!r}',
    "LINES": "one\ntwo\n\n",
    "WIDE": "Käse ✓",
    "BYTES": bytes(range(1, 256)).decode("utf-8", "surrogateescape"),
    "EMPTY": "",
    "OPTIND": "names that a shell keeps for itself",
    "UID": "5",
    "npm_config_@scope:registry": "a name that no shell takes",
}


def started(launcher: claude_launch.Launcher, *words: str) -> bytes:
    env = {**os.environ, "DIRTY": "1", "LD_X": "2"}
    done = subprocess.run(
        [launcher.script, *words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_the_program_gets_exactly_its_environment(tmp_path: Path) -> None:
    printed = started(claude_launch.launcher(tmp_path, ["/usr/bin/env", "-0"], ODD))
    wanted = {f"{name}={value}".encode("utf-8", "surrogateescape") for name, value in ODD.items()}
    assert set(printed.split(b"\0")) - {b""} == wanted


def test_it_gets_the_scripts_arguments_behind_its_own(tmp_path: Path) -> None:
    argv = ["/bin/sh", "-c", 'printf "%s|" "$@"', "sh", "own", "a b", "{}"]
    made = claude_launch.launcher(tmp_path, argv, {"PATH": "/usr/bin:/bin"})
    assert started(made, "--its", "Käse\n'x'", "") == "own|a b|{}|--its|Käse\n'x'||".encode()


def test_it_is_the_process_that_was_written_down_and_leads_its_group(tmp_path: Path) -> None:
    show = "echo $$ $(ps -o pgid= -p $$); grep SigIgn: /proc/self/status"
    made = claude_launch.launcher(tmp_path, ["/bin/sh", "-c", show], {"PATH": "/usr/bin:/bin"})
    pid, group, _, ignored = started(made).split()
    assert pid == group == made.pid.read_bytes().strip()
    # Python ignores these two, and what is ignored would stay so.
    left = [one.name for one in (SIGPIPE, SIGXFSZ) if int(ignored, 16) >> (one - 1) & 1]
    assert left == [], "a program expects to be ended by them"


def test_a_program_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    made = claude_launch.launcher(tmp_path, ["/no/such/program"], PASSWORD)
    done = subprocess.run([made.script], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (127, b"/no/such/program: No such file or directory\n")


def test_its_files_are_ours_alone_and_the_script_holds_no_value(tmp_path: Path) -> None:
    made = claude_launch.launcher(tmp_path, ["/usr/bin/true"], PASSWORD)
    for path in tmp_path.iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert CANARY not in made.script.read_text()


@pytest.fixture
def slowly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs on the way to the program take so long that nobody who looks can miss one."""
    place = tmp_path / "slow"
    place.mkdir()
    for name in ("setsid", "setpriv", "env"):
        (place / name).write_text(f'#!/bin/sh\nsleep 0.3\nexec {shutil.which(name)} "$@"\n')
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return place


def test_no_argument_holds_the_password_at_any_step(tmp_path: Path, slowly: Path) -> None:
    made = claude_launch.launcher(tmp_path, MOMENT, PASSWORD)
    with arguments.watched() as seen:
        started(made, "0.3")
    assert all(seen.holds(f"{slowly}/{name}") for name in ("setsid", "setpriv"))
    assert seen.holds(MARK) and not seen.holds(CANARY)


@pytest.mark.usefixtures("slowly")
def test_the_control_arguments_of_env_are_read(tmp_path: Path) -> None:
    given = [f"{name}={value}" for name, value in PASSWORD.items()]
    script = tmp_path / "start"
    order = shlex.join(["setsid", "env", "-i", *given, "setpriv", "--", *MOMENT])
    script.write_text(f'#!/bin/sh\nexec {order} "$@"\n')
    script.chmod(0o700)
    with arguments.watched() as seen:
        started(claude_launch.Launcher(script, tmp_path / "pid"), "0.3")
    assert seen.holds(CANARY)


@pytest.mark.usefixtures("slowly")
def test_a_whole_session_shows_no_password_to_others(start: Start) -> None:
    job = start()
    with arguments.watched() as seen:
        job.work(60)
    assert job.shop.read_text() == RIGHT
    # Of this session alone: its folders were in the same command line, as HOME and the like.
    ours = [line for line in seen.lines if os.fsencode(job.top) in line]
    assert any(b"--output-format" in line for line in ours), "the program's own arguments were seen"
    assert [line for line in ours if b"ANTHROPIC_API_KEY=" in line] == []
    assert not seen.holds(claude_job.KEY)
