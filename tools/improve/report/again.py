"""The line that runs one failing run of an intermittent test again, to copy as it stands. Pure."""

from __future__ import annotations

import shlex
from pathlib import Path

from improve.records import Reproduction

RUNNER = "tools/improve/checks/inside/improve_stress.py"


def run_again(project: Path, found: Reproduction | None, toolkit: Path) -> str:
    """Commands for a shell, to be given in any folder; '' where no run under a setting failed.

    Unlike what is committed, the report names this machine's own paths.
    """
    if found is None or found.seed is None or found.rate is None or found.environment is None:
        return ""
    python = found.environment.python
    lines = [["cd", str(project)]]
    if found.branch and found.folder:
        script = ["bash", f"{found.folder}/run_test.sh"]
        lines += [
            ["git", "checkout", found.branch],
            ["export", f"IMPROVE_TOOLKIT={toolkit}", f"PYTHON={python}"],
            [*script, "--seed", str(found.seed)],
            [*script, "--amplified"],
        ]
    else:
        runner = [python, str(toolkit / RUNNER), "--amplifier", found.rate.amplifier]
        runner += ["--limit", str(max(1, round(found.rate.limit)))]
        runner += ["--processes"] if found.rate.how == "process" else []
        if found.environment.import_roots:
            lines.append(["export", f"PYTHONPATH={':'.join(found.environment.import_roots)}"])
        nodes = ["--", *found.node_ids]
        lines += [
            [*runner, "--seeds", str(found.seed), *nodes],
            [*runner, "--runs", "100", "--until", "100", *nodes],
        ]
    return "\n".join(map(shlex.join, lines))
