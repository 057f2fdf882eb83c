"""Evidence from logs, completed by what the forge keeps beside them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from improve.evidence.annotations import annotated_failures
from improve.evidence.merge import merge
from improve.evidence.parse_junit import Told
from improve.records.evidence import (
    Annotation,
    CiJob,
    Evidence,
    Failure,
    JunitFile,
    LoggedEnvironment,
)

_PYTHON = re.compile(r"(?:pypy-?|python-?|py)?(3\.(?:[6-9]|1\d)(?:\.\d{1,3})?)$")


def complete(
    evidence: Evidence,
    jobs: Sequence[CiJob],
    junit: Iterable[tuple[JunitFile, Sequence[Told]]],
    annotations: Sequence[Annotation],
    whole_run: bool,
) -> Evidence:
    """Test results complete the failures of the logs, annotations stand in where nothing told any.

    ``jobs`` are the failed ones, their matrix known. Unless ``whole_run``, one job of several is
    asked about: then results that may be those of another job add no failures to its log's.
    """
    failures: Sequence[Failure] = evidence.failures
    files: list[JunitFile] = []
    notes = list(evidence.notes)
    for file, told in junit:
        files.append(file)
        owner = _owner(file.artifact, jobs, whole_run)
        merged = merge(failures, told, owner)
        adds = whole_run or owner is not None or not evidence.failures
        failures = merged.failures if adds else merged.failures[: len(failures)]
        if merged.added:
            alone = f"{merged.added} of its failures are not in the logs"
            left_out = "" if adds else "; they may be another job's and were left out"
            notes.append(f"{file.file} of artifact {file.artifact}: {alone}{left_out}.")
    if not failures:
        failures = annotated_failures(annotations)
        if failures:
            notes.append("No log and no test results tell of a failure; annotations do.")
    return evidence.model_copy(
        update={
            "failures": tuple(failures),
            "junit": tuple(files),
            "annotations": tuple(annotations),
            "environment": _environment(evidence.environment, _blamed(failures, jobs)),
            "notes": tuple(notes),
        }
    )


def _owner(artifact: str, jobs: Sequence[CiJob], whole_run: bool) -> str | None:
    """The job that left this artifact: its name holds the job's matrix, or there is but one."""
    inside = _words(artifact)
    named = [
        job.name
        for job in jobs
        if all(_words(value) in inside for value in job.matrix.values() or [job.name])
    ]
    if len(named) == 1:
        return named[0]
    return jobs[0].name if whole_run and len(jobs) == 1 else None


def _words(text: str) -> str:
    return f"-{re.sub(r'[^0-9a-z.]+', '-', text.lower()).strip('-')}-"


def _blamed(failures: Sequence[Failure], jobs: Sequence[CiJob]) -> CiJob | None:
    """The job whose log told the environment: that of the first failure."""
    first = (failures[0].job or "") if failures else ""
    return next((job for job in jobs if first.startswith(job.name)), jobs[0] if jobs else None)


def _environment(logged: LoggedEnvironment, job: CiJob | None) -> LoggedEnvironment:
    """Filled up from the job's runner and matrix, where the log is silent."""
    if job is None:
        return logged
    named = [value for key, value in job.matrix.items() if "py" in key.lower()]
    versions = (_PYTHON.match(value.lower()) for value in named or job.matrix.values())
    python = next((found[1] for found in versions if found), None)
    update = {"os": logged.os or job.os, "python": logged.python or python}
    return logged.model_copy(update=update)
