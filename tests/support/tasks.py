"""A Task as the loop would make it, for tests that call a backend by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from improve.agents.meter import Caps, Meter
from improve.agents.protocol import Task
from improve.records import CheckRun, Failure


def seconds(limit: float) -> Callable[[], float]:
    """How much is left of ``limit`` seconds from now."""
    end = time.monotonic() + limit
    return lambda: max(0.0, end - time.monotonic())


def meter(
    run: Path, agent: str = "claude", usd: float | None = 5.0, tokens: int | None = None
) -> Meter:
    """A meter with the ledger of the run folder ``run``."""
    run.mkdir(parents=True, exist_ok=True)
    return Meter(run, "attempt 1", agent, Caps(usd, tokens))


def make(tree: Path, scratch: Path, check: Callable[[], CheckRun], **given: Any) -> Task:
    """A task on ``tree`` whose reproduction is ``check``; ``given`` replaces any field."""
    values: dict[str, Any] = {
        "number": 1,
        "tree": tree,
        "prompt": scratch / "prompt.md",
        "scratch": scratch,
        "failure": Failure(),
        "node_ids": (),
        "frozen": (),
        "history": (),
        "environment": None,
        "seconds_left": seconds(20),
        "run_check": check,
        "run_related": lambda _targets: check(),
        "regressions": tuple,
        "test_environ": dict,
        "progress": lambda _text: None,
        "purpose": "fix",
        "meter": meter(scratch.parent / "run"),
        "keep": lambda: None,
    }
    return Task(**{**values, **given})


def check_of(
    tree: Path, good: Callable[[Path], bool], said: str = "it fails"
) -> Callable[[], CheckRun]:
    """A check that passes while ``good(tree)`` holds."""

    def check() -> CheckRun:
        passed = good(tree)
        return CheckRun(
            command=("check",), returncode=0 if passed else 1, complete=True, seconds=0,
            outcomes={"t.py::a": "passed" if passed else "failed"}, log="" if passed else said,
        )  # fmt: skip

    return check
