"""The annotations of failed jobs: a job's id is that of its check run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from improve.contract import RunUrl
from improve.evidence.annotations import annotation
from improve.forge.gh import Gh, get
from improve.forge.github_answers import AnnotationAnswer, AnnotationsAnswer, understood
from improve.records import Annotation, CiJob, CiRun

PAGE = 100
PAGES = 5
JOBS = 20
MOST = 200
LEVELS: dict[str | None, Literal["failure", "warning"]] = {
    "failure": "failure",
    "warning": "warning",
}


def read_annotations(gh: Gh, place: RunUrl, run: CiRun, notes: list[str]) -> Iterator[Annotation]:
    """The errors and warnings that were written beside the code, job by job.

    Raises what ``get`` raises.
    """
    kept = 0
    for job in run.jobs[:JOBS]:
        for one in _records(job, _of_job(gh, place, job, notes)):
            kept += 1
            if kept > MOST:
                notes.append(f"Only the first {MOST} annotations were kept.")
                return
            yield one
    if len(run.jobs) > JOBS:
        notes.append(f"Annotations of the first {JOBS} of {len(run.jobs)} failed jobs were read.")


def _of_job(gh: Gh, place: RunUrl, job: CiJob, notes: list[str]) -> list[AnnotationAnswer]:
    found: list[AnnotationAnswer] = []
    what = f"the annotations of job {job.id}"
    for page in range(1, PAGES + 1):
        path = f"check-runs/{job.id}/annotations?per_page={PAGE}&page={page}"
        answer = get(gh, f"repos/{place.owner}/{place.repo}/{path}")
        if answer.status != 200:
            notes.append(f"GitHub shows no annotations of job {job.name} (HTTP {answer.status}).")
            break
        listed = understood(AnnotationsAnswer, answer.body, what).root
        found += listed
        if len(listed) < PAGE:
            break
    return found


def _records(job: CiJob, told: Iterable[AnnotationAnswer]) -> list[Annotation]:
    made = (
        annotation(
            job.name, LEVELS[one.annotation_level], one.path or "", one.start_line or 0,
            one.title or "", one.message or "",
        )
        for one in told if one.annotation_level in LEVELS
    )  # fmt: skip
    return [one for one in made if one is not None]
