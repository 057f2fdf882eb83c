"""What the sandbox costs, in processor time, which other programs on the machine do not change.

``benchmarks/sandbox`` measures the same with a clock.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from improve.workbench import process, sandbox
from improve.workbench.sandbox.environments import shown

STARTS = 10
MOST_SECONDS = 0.060
ENVIRON = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def spent(argv: list[str], tree: Path, level: sandbox.Level) -> float:
    """Processor seconds of a program and of what is put around it."""

    def used() -> float:
        return sum(
            found.ru_utime + found.ru_stime
            for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
            for found in (resource.getrusage(who),)
        )

    before = used()
    fence = sandbox.Fence(tree, readable=shown(Path(sys.executable)))
    done = process.run(argv, cwd=tree, env=ENVIRON, timeout=60, fence=sandbox.Held(fence, level))
    assert done.ok, done.tail()
    return used() - before


def test_a_start_costs_at_most_60_ms(level: sandbox.Level, tree: Path) -> None:
    starts = sorted(spent(["true"], tree, level) for _ in range(STARTS))
    assert starts[STARTS // 2] <= MOST_SECONDS, starts


@pytest.mark.nightly
def test_a_run_of_pytest_costs_hardly_more_inside(tree: Path) -> None:
    if sandbox.best() == "none":
        pytest.skip("no sandbox works here")
    (tree / "test_it.py").write_text("def test_it(): assert sum(range(3_000_000)) > 1\n")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    pairs = [(spent(argv, tree, sandbox.best()), spent(argv, tree, "none")) for _ in range(3)]
    more = sorted(inside - 1.1 * outside for inside, outside in pairs)[1]
    assert more <= MOST_SECONDS, pairs
