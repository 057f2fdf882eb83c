"""Limits hold at every level, and nothing that was started inside is left."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from improve.workbench import process, sandbox
from improve.workbench.sandbox import visible

ENVIRON = {"PATH": "/usr/bin:/bin"}
MB = 1 << 20


def run(
    level: sandbox.Level, tree: Path, script: str, timeout: float = 20, **limits: int
) -> process.Finished:
    """``script`` in Python, inside."""
    shown = visible.interpreter(Path(sys.executable))
    fence = sandbox.Fence(tree, readable=shown, limits=sandbox.Limits(**limits))
    return process.run(
        [sys.executable, "-I", "-c", script], cwd=tree, env=ENVIRON, timeout=timeout, merge=True,
        fence=sandbox.Held(fence, level),
    )  # fmt: skip


def alive(mark: str) -> list[int]:
    """Processes with ``mark`` in their command line, but this one and its parents."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        if mark in " ".join(one.info["cmdline"] or ()):
            found.append(one.pid)
    return found


def test_what_hangs_and_ignores_signals_is_ended_in_time(level: sandbox.Level, tree: Path) -> None:
    script = (
        "import signal, time\n"
        "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n"
        "time.sleep(100)  # mark-hang"
    )
    began = time.monotonic()
    done = run(level, tree, script, timeout=1)
    assert done.timed_out and time.monotonic() - began < 25
    assert not alive("mark-hang")


def test_daemons_end_with_the_program(level: sandbox.Level, tree: Path) -> None:
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(60)  # mark-daemon\n"
        "    os._exit(0)\n"
    )
    assert run(level, tree, script).returncode == 0
    deadline = time.monotonic() + 3
    while alive("mark-daemon") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive("mark-daemon")


def test_memory_is_limited(level: sandbox.Level, tree: Path) -> None:
    hog = "x = bytearray(300 << 20); x[::4096] = b'x' * len(x[::4096]); print('filled')"
    assert b"MemoryError" in run(level, tree, hog, memory_bytes=150 * MB).stdout
    assert b"filled" in run(level, tree, hog, memory_bytes=1000 * MB).stdout, "the control fits"


def test_a_fork_bomb_is_ended(level: sandbox.Level, tree: Path) -> None:
    # It counts up to 600 only, so that the control does no harm to the machine.
    bomb = (
        "import os, time\n"
        "made = 0\n"
        "try:\n"
        "    for _ in range(600):\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(30); os._exit(0)\n"
        "        made += 1\n"
        "except OSError: pass\n"
        "print('made', made, flush=True); time.sleep(1.5)"
    )
    done = run(level, tree, bomb, processes=100)
    stopped = done.overran == "more than 100 processes"
    held = int(done.text.split()[1]) <= 100 if done.text.startswith("made") else False
    assert stopped or held, (done.text, done.overran)
    assert run(level, tree, bomb.replace("600", "20"), processes=100).ok, "the control is let be"


def test_files_and_tmp_are_limited(level: sandbox.Level, tree: Path) -> None:
    write = (
        "import os, tempfile\n"
        "def fill(place):\n"
        "    try:\n"
        "        with open(place, 'wb', 0) as f:\n"
        "            for _ in range(60): f.write(b'x' * (1 << 20))\n"
        "        return 'wrote'\n"
        "    except OSError as error: return error.strerror\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "print(fill('big'), '|', fill(tempfile.gettempdir() + '/big'))"
    )
    in_tree, in_tmp = run(level, tree, write, file_bytes=40 * MB).text.split("|")
    assert "File too large" in in_tree and "File too large" in in_tmp
    assert (tree / "big").stat().st_size <= 40 * MB
    if level != "landlock":  # which has no /tmp of its own
        assert "No space left" in run(level, tree, write, tmp_bytes=30 * MB).text.split("|")[1]
    assert run(level, tree, write).text.split() == ["wrote", "|", "wrote"], "the control is let be"


def test_the_disk_is_watched(level: sandbox.Level, tree: Path) -> None:
    fill = "import time\nopen('a', 'wb').write(b'x' * (200 << 20))\ntime.sleep(20)"
    done = run(level, tree, fill, disk_bytes=50 * MB)
    assert "the disk got fuller" in done.overran and not done.ok and not done.timed_out


def test_a_server_on_localhost_works_inside(level: sandbox.Level, tree: Path) -> None:
    if level == "landlock":
        pytest.skip("landlock has no loopback of its own: sockets are refused")
    script = (
        "import socket\n"
        "for family, host in ((socket.AF_INET, 'localhost'), (socket.AF_INET, socket.gethostname())):\n"
        "    door = socket.create_server((host, 0))\n"
        "    socket.create_connection(door.getsockname()).close()\n"
        "print('answered')"
    )
    assert run(level, tree, script).text == "answered\n"


def test_limits_above_our_own_are_lowered_to_them(level: sandbox.Level, tree: Path) -> None:
    """A hard limit of the machine's may be lower than what is asked for; only root could raise it."""
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from improve.workbench import process, sandbox\n"
        "for name, most in (('NOFILE', 500), ('FSIZE', 1 << 20)):\n"
        "    resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (most, most))\n"
        "tree = Path(sys.argv[1])\n"
        "fence = sandbox.Held(sandbox.Fence(tree), sys.argv[2])\n"
        "done = process.run(['sh', '-c', 'ulimit -n; ulimit -f'], cwd=tree, env={'PATH': '/usr/bin:/bin'},\n"
        "                   timeout=20, fence=fence)\n"
        "print(done.returncode, *done.text.split(), done.error_text)"
    )
    argv = [sys.executable, "-c", code, str(tree), level]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "500", "2048"], done.stdout + done.stderr
