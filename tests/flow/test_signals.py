"""A signal ends a run at once, whatever it is doing, and the report is written all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.support.repositories import repository
from tests.support.shop import FILES
from tests.support.toolkit import Toolkit, request

SLEEPS = "import time\n\n\ndef test_sleeps():\n    time.sleep(300)\n"
RAISES = """\
import signal

import pytest


def test_interrupts_itself():
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not "reached"
"""


def to_run_sh(number: int) -> Callable[[subprocess.Popen[str]], None]:
    return lambda child: child.send_signal(number)


def like_ctrl_c(child: subprocess.Popen[str]) -> None:
    os.killpg(child.pid, signal.SIGINT)


def wait_for(what: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not what():
        assert child.poll() is None and time.monotonic() < until, "the test never ran"
        time.sleep(0.05)


def in_the_sleeping_test(kit: Toolkit) -> bool:
    """Whether a process of the newest run is in the target's test."""
    for run in kit.runs():
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("IMPROVE_RUN") == str(run)
                if mine and "test_sleeps" in " ".join(process.cmdline()):
                    return True
            except (psutil.Error, OSError):
                continue
    return False


@pytest.mark.slow
@pytest.mark.parametrize(
    "end",
    [to_run_sh(signal.SIGTERM), to_run_sh(signal.SIGINT), like_ctrl_c],
    ids=["SIGTERM to run.sh", "SIGINT to run.sh", "Ctrl-C"],
)
def test_a_signal_ends_the_run_at_once(
    kit: Toolkit, tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    place = repository(tmp_path / "shop", {**FILES, "tests/test_sleeps.py": SLEEPS})
    info = request(
        tmp_path / "request", place, existing__test__path="tests/test_sleeps.py::test_sleeps"
    )
    child = subprocess.Popen(
        [kit.top / "run.sh", "--request", info], env=kit.environ({}), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: in_the_sleeping_test(kit), child)
    end(child)
    try:
        _, said = child.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()
        pytest.fail("15 s after the signal it was still in the phase")
    assert child.returncode == 130, said
    assert said.count("Interrupted in reproduce. Nothing is lost.") == 1, said
    (run,) = kit.runs()
    assert f"./run.sh --resume {run.name}" in said
    assert run.with_name(f"{run.name}.md").is_file()
    assert not in_the_sleeping_test(kit)


@pytest.mark.slow
def test_a_target_may_interrupt_itself(kit: Toolkit, tmp_path: Path) -> None:
    """Background commands of a shell ignore SIGINT; what they start must not."""
    place = repository(tmp_path / "shop", {**FILES, "tests/test_self.py": RAISES})
    info = request(
        tmp_path / "request", place, existing__test__path="tests/test_self.py", agents=["scripted"]
    )
    ended = kit.run("--request", info).good()
    assert ended.artifact("reproduce")["outcome"] == "reproduced", ended.report
    assert "reached" in ended.artifact("reproduce")["observed"]["message"], ended.report
