"""Which job a file of test results is of, and what is known of that job. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from improve.evidence.matrix import matrix_of
from improve.forge.github_answers import JobAnswer
from improve.records import CiJob, CiRun
from improve.records.history import Part

_PYTHON = re.compile(r"3\.\d{1,2}$")


def part(key: str, run: CiRun, job: CiJob, answer: JobAnswer) -> Part:
    """The results of ``job`` in the attempt that is known by ``key``."""
    matrix = matrix_of(job.name, None)
    return Part(
        key=f"{key}/jobs/{job.id}",
        run=str(run.id),
        attempt=run.attempt,
        job=job.name,
        sha=run.commit,
        branch=run.branch or "",
        started=job.started or "",
        minutes=_minutes(job.started, answer.completed_at),
        runner=job.runner or "",
        os=job.os or "",
        labels=job.labels,
        matrix=matrix,
        python=next((value for value in matrix.values() if _PYTHON.match(value)), ""),
        url=f"{run.url}/attempts/{run.attempt}/job/{job.id}",
    )


def part_of(artifact: str, parts: Sequence[Part]) -> Part | None:
    """The job that left an artifact, where its name can be of no other. Pure.

    GitHub does not say it; names of artifacts have to differ, so they hold the matrix's values.
    """
    if len(parts) == 1:
        return parts[0]
    name = artifact.lower()
    fitting = [
        one
        for one in parts
        if one.matrix and all(value.lower() in name for value in one.matrix.values())
    ]
    most = max((len(one.matrix) for one in fitting), default=0)
    closest = [one for one in fitting if len(one.matrix) == most]
    return closest[0] if len(closest) == 1 else None


def without_job(parts: Sequence[Part], artifact: str) -> Part:
    """What is known of results whose job is not: what its attempt's jobs have in common."""
    systems = {one.os for one in parts}
    return parts[0].model_copy(
        update={
            "job": f"artifact {artifact}", "runner": "", "labels": (), "matrix": {}, "python": "",
            "os": systems.pop() if len(systems) == 1 else "", "minutes": None,
        }
    )  # fmt: skip


def _minutes(started: str | None, ended: str | None) -> float | None:
    try:
        began = datetime.fromisoformat((started or "").replace("Z", "+00:00"))
        took = datetime.fromisoformat((ended or "").replace("Z", "+00:00")) - began
    except (ValueError, TypeError):  # TypeError: one of them has no zone
        return None
    return max(0.0, took.total_seconds() / 60)
