"""Nothing that is started outlives its caller, and every ending is told as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.sweep import sweep


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_output_and_status_are_data() -> None:
    done = process.run(["bash", "-c", "echo out; echo err >&2; exit 7"])
    assert (done.returncode, done.text, done.error_text) == (7, "out\n", "err\n")
    assert not done.ok


def test_a_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"trap '' TERM; sleep 100 & echo $! > {note}; wait; sleep 100"
    began = time.monotonic()
    done = process.run(["bash", "-c", script], timeout=0.5)
    assert done.timed_out and time.monotonic() - began < 10
    assert gone(int(note.read_text())), "the grandchild outlived the time limit"


def test_a_daemon_left_behind_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    process.run(["bash", "-c", f"sleep 100 >/dev/null 2>&1 & echo $! > {note}"])
    assert gone(int(note.read_text())), "a background child outlived its parent"


def test_children_die_when_we_are_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "from improve.workbench import process;"
        f"process.run(['bash', '-c', 'echo $$ > {note}; exec sleep 100'])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 10
    while not (note.exists() and note.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(int(note.read_text())), "the child outlived a kill -9 of its parent"


def test_sweep_ends_only_what_carries_the_mark(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    marked = subprocess.Popen(["sleep", "100"], env={**os.environ, process.RUN_MARK: str(run)})
    spared = subprocess.Popen(["sleep", "100"], env={**os.environ, process.RUN_MARK: str(other)})
    try:
        assert sweep(run) == 1
        assert marked.wait(5) == -signal.SIGKILL
        assert spared.poll() is None
    finally:
        spared.kill()
        spared.wait()


def test_a_missing_program_is_named_with_its_cure() -> None:
    with pytest.raises(ImproveError, match=r"no-such-program. was not found") as caught:
        process.run(["no-such-program"])
    assert "Install" in caught.value.cure


def test_must_tells_the_command_and_what_it_said() -> None:
    done = process.run(["bash", "-c", "echo broken >&2; exit 3"])
    with pytest.raises(ImproveError, match=r"(?s)It failed: .*status 3.*broken"):
        process.must(done, "It failed")


def test_only_the_last_part_of_much_output_comes_back() -> None:
    done = process.run(["bash", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo end"], keep=1000)
    assert len(done.stdout) == 1000 and done.text.endswith("end\n")


def test_stdout_can_go_to_a_file_of_the_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.write_bytes(b"of an earlier try, and longer")
    place.chmod(0o644)
    done = process.run(["bash", "-c", r"printf '\xff\x1b\0'; echo err >&2"], output=place)
    assert (place.read_bytes(), done.stdout, done.error_text) == (b"\xff\x1b\0", b"", "err\n")
    assert place.stat().st_mode & 0o777 == 0o600
