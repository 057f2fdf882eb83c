"""No line stalls the reader, no bytes crash it, no log fills the memory."""

from __future__ import annotations

import codecs
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.patterns import PIECES

from improve.evidence import clean_line, distil, redact
from improve.evidence.clean import CAP
from improve.records.evidence import Failure

from . import dress

LOGS = Path(__file__).parents[1] / "resources" / "logs"


@pytest.mark.parametrize("piece", PIECES)
def test_no_line_of_60_kilobytes_stalls_the_reader(piece: str) -> None:
    line = (piece * 60_000)[:60_000]
    log = "\n".join([line, "=== FAILURES ===", line, "____ test_a ____", "E   " + line, line])
    started = time.process_time()
    distil(log.encode("utf-8", "replace").split(b"\n"))
    clean_line(line)
    redact(line[:CAP])
    assert time.process_time() - started < 1


RECORDED = [path.read_bytes() for path in sorted(LOGS.glob("*.log"))]


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=80) | st.sampled_from(RECORDED[0].split(b"\n")), max_size=40))
def test_any_lines_can_be_read(lines: list[bytes]) -> None:
    told = distil(lines)
    if not lines or lines[0][:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        assert told.lines == len(lines)  # UTF-16 has its line ends elsewhere
    assert all(isinstance(f, Failure) for f in told.failures)


def test_failures_without_end_are_counted_and_not_kept() -> None:
    lines = (f"FAILED tests/test_a.py::test_{n} - ValueError: no {n}".encode() for n in range(9000))
    told = distil([b"=== short test summary info ===", *lines])
    assert len(told.failures) == 2000
    assert any("only counted" in note for note in told.notes), told.notes


def test_jobs_without_end_are_read_as_one() -> None:
    lines = (
        f"job {n}\tstep\t2026-01-02T03:04:05.1234567Z FAILED t{n}.py::test_a - KeyError: 1".encode()
        for n in range(400)
    )
    told = distil(lines)
    assert len(told.failures) == 400
    assert any("jobs" in note for note in told.notes)


def test_deep_recursion_keeps_both_ends() -> None:
    frames = '  File "/w/a.py", line 9, in f\n    f()\n' * 50_000
    log = (
        "Traceback (most recent call last):\n"
        '  File "/w/a.py", line 1, in <module>\n    f()\n'
        f"{frames}RecursionError: maximum recursion depth exceeded\n"
    )
    (failure,) = distil(log.encode().split(b"\n")).failures
    assert failure.frames[0].function == "<module>"
    assert len(failure.frames) == 80
    assert failure.excerpt.endswith("RecursionError: maximum recursion depth exceeded")


# VmHWM, not ru_maxrss: that one survives exec, and a fork begins with all that pytest holds.
MEASURE = """
import re, sys, time
from improve.evidence import capped_lines, distil

class Tape:
    def __init__(self, block, total):
        self.block, self.left = block, total
    def read(self, size=-1):
        self.left -= len(self.block)
        return self.block if self.left >= 0 else b""

block = open(sys.argv[1], "rb").read()
started = time.process_time()
told = distil(capped_lines(Tape(block, int(sys.argv[2]))))
spent = time.process_time() - started
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024
print(len(told.failures), told.bytes, spent, peak)
"""


@pytest.mark.nightly
def test_200_megabytes_take_flat_memory_and_little_time(tmp_path: Path) -> None:
    noise = "".join(f"Downloading package-{n}-1.0.whl from a place far away\n" for n in range(9000))
    failing = (LOGS / "auto-8.3.5.log").read_text(encoding="utf-8")
    block = tmp_path / "block.log"
    block.write_text(dress.stamped(noise + failing), encoding="utf-8", newline="")

    failures, size, seconds, megabytes = _measured(block, 200_000_000)
    assert (failures, size > 190_000_000) == (22, True)
    assert size / seconds > 15_000_000, f"{size / seconds / 1e6:.1f} MB/s"
    assert megabytes < 150
    assert megabytes < _measured(block, 50_000_000)[3] + 10, "memory grows with the log"


def _measured(block: Path, total: int) -> tuple[int, int, float, int]:
    command = [sys.executable, "-c", MEASURE, str(block), str(total)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    failures, size, seconds, megabytes = done.stdout.split()
    return int(failures), int(size), float(seconds), int(megabytes)
