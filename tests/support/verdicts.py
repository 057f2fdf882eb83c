"""What many runs say of each of the sixteen projects: by forks, and by a new process for each run."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.causes import Case
from tests.support.repositories import write

from improve.checks.stress import Stress, run_stress
from improve.records import CheckRun, TargetEnvironment

# Unfixed, it ends with the first failure; the rarest of them fails in 2 to 3 of 100 runs.
MOST = {"fork": 400, "process": 250}
FIXED = {"fork": 100, "process": 15}
SECONDS = 600.0
LIMIT = 20.0


@dataclass(frozen=True)
class Verdicts:
    """Of one project, as it is or fixed: 'sometimes', 'never', or why there is none."""

    fork: str
    process: str
    told: str

    @property
    def same(self) -> bool:
        return self.fork == self.process and self.fork in ("sometimes", "never")


def verdicts(one: Case, folder: Path, python: Path, *, fixed: bool) -> Verdicts:
    """Run it in ``folder``, which is filled for it, both ways; seconds to minutes."""
    write(folder, one.files)
    if fixed:
        subprocess.run(
            ["git", "apply", "--unsafe-paths", "-"],
            cwd=folder,
            input=one.fix().encode(),
            check=True,
        )
    most = FIXED if fixed else MOST
    runs = {how: _runs(one, folder, python, how, most[how]) for how in most}
    told = "; ".join(f"{how}: {run.log.splitlines()[0]}" for how, run in runs.items())
    return Verdicts(_verdict(runs["fork"]), _verdict(runs["process"]), told)


def _runs(one: Case, tree: Path, python: Path, how: str, most: int) -> CheckRun:
    environment = TargetEnvironment(
        python=str(python), python_version="3", key="", source="", import_roots=("src",)
    )
    setting = one.setting
    if how == "process" and "hash-seed" not in setting:  # what takes an interpreter for each run
        setting = f"hash-seed+{setting}"
    nodes = [node for node in (one.after, one.test) if node]
    stress = Stress(setting, LIMIT, runs=most, until=1)
    return run_stress(tree, environment, nodes, stress, SECONDS)


def _verdict(run: CheckRun) -> str:
    if not run.complete or run.rate is None:
        return run.log
    return "sometimes" if run.rate.failures else "never"
