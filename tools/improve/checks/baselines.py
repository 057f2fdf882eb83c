"""What a slow-down is measured against: fresh checkouts of the good commit and of the failing one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from improve.checks.frozen import lay
from improve.records import FrozenFile, TargetEnvironment
from improve.workbench.bench import Bench
from improve.workbench.environment import overlay


class Baselines(NamedTuple):
    """The good commit twice, so that it can be told from itself, and the failing one."""

    good: Path
    again: Path
    failing: Path


def baselines(
    bench: Bench,
    environment: TargetEnvironment,
    good: str,
    failing: str,
    run: Path,
    frozen: Sequence[FrozenFile],
) -> Baselines:
    """Checked out afresh, the same test in each; ``good`` and ``failing`` are commits."""
    made = []
    for name, commit in (("good", good), ("good-again", good), ("slow", failing)):
        tree = bench.tree(name, commit)
        overlay(tree.path, environment)
        lay(run, frozen, tree.path)
        made.append(tree.path)
    return Baselines(*made)
