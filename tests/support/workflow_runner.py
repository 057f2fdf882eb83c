"""Runs the whole auto-fix workflow as written: its jobs in order, each on a fresh machine.

``decide`` makes the matrix; ``fix`` and ``publish`` run once for each row; conditions decide what
is skipped. Actions are stood in for by what ``stands`` holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.step_runner import Machine, Stand, load, run_job

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "auto-fix.yml"
Contexts = dict[str, Any]
Start = Callable[[str, Contexts], Machine]


@dataclass
class Ran:
    """The machines by job ('fix 1' for the first row), and the outputs of ``decide``."""

    machines: dict[str, Machine] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return "\n".join(f"== {name}\n{one.log}" for name, one in self.machines.items())

    @property
    def ended(self) -> dict[str, str]:
        return {name: one.ended for name, one in self.machines.items()}


def run_workflow(start: Start, stands: Mapping[str, Stand], contexts: Contexts) -> Ran:
    """Every job whose condition holds. ``contexts`` are inputs, github, vars and secrets."""
    ran, jobs = Ran(), load(WORKFLOW)["jobs"]
    needs: dict[str, Any] = {}
    for name, job in jobs.items():
        rows: list[Contexts] = [{}]
        if "strategy" in job:
            assert job["strategy"]["matrix"] == {
                "include": "${{ fromJSON(needs.decide.outputs.requests) }}"
            }
            rows = json.loads(ran.decided.get("requests") or "[]")
        for row in rows:
            label = f"{name} {row['id']}" if row else name
            machine = start(label, {**contexts, "needs": needs, "matrix": row})
            condition = job["if"].strip().removeprefix("${{").removesuffix("}}")
            if not machine.value(condition):
                continue
            ran.machines[label] = machine
            outputs = run_job(job, machine, stands)
            needs[name] = {"outputs": outputs, "result": machine.ended}
        if name == "decide":
            ran.decided = dict(needs.get(name, {}).get("outputs", {}))
    return ran
