"""A log of 300 MB, from the url to the evidence: nothing lost, and no memory that grows with it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.forge.test_fetch_logs_verb import LOG, dressed, open_run
from tests.support.github_server import GitHub, Job, Run

MB = 1 << 20
MOST = 150 * MB  # beside gh's own
TIMES = 300
# The high-water mark of the process itself: what it starts has one of its own.
MEASURED = """\
import re, sys
from improve.cli.verbs import cli
cli.main(["fetch-logs", sys.argv[1]], standalone_mode=False)
print("peak", re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1])
"""


def piece() -> bytes:
    """A megabyte of a log with what other ways of reading it lose: long lines, bad bytes, ESC."""
    odd = b"\x1b[31mred\x1b[0m \xff\xfe\x00 \xc3(\r\n" + b"x" * 70_000 + b"\n"
    rest = dressed(odd + LOG.read_bytes())
    line = dressed(b"Requirement already satisfied: some-package in some/place (1.2.3)\n")
    return (line * (MB // len(line)))[: MB - len(rest) - 1] + b"\n" + rest


@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_three_hundred_megabytes_are_kept_whole_in_flat_memory(
    github: GitHub, tmp_path: Path
) -> None:
    one = piece()
    url = github.add(Run(7, [[Job(31, "test", "failure", one, repeat=TIMES)]]))
    run = open_run(tmp_path, url)

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(run)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    wanted = hashlib.sha256()
    for _ in range(TIMES):
        wanted.update(one)
    (kept,) = json.loads((run / "fetch-logs.json").read_text())["logs"]
    assert (kept["bytes"], kept["sha256"]) == (len(one) * TIMES, wanted.hexdigest())
    peak = int(done.stdout.split("peak ")[1]) << 10
    assert peak < MOST, f"{peak // MB} MB were held for a log of {TIMES} MB"
