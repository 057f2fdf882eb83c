"""Annotations of a CI job: what tools and the runner wrote beside lines of code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from improve.evidence.clean import strip_controls
from improve.evidence.distil import MESSAGE_BYTES
from improve.evidence.pieces import fit, tidy_path
from improve.evidence.signature import signature
from improve.records.evidence import Annotation, Failure
from improve.redaction import redact

_RUNNER = ".github"  # the path under which the runner speaks of the whole job
_NOISE = "Process completed with exit code "
_LINES = 40
# From 2.97 on gh spells an ESC out in the answers that it prints.
_SPELT_COLOUR = re.compile(r"\^\[\[[0-9;]{0,20}m")


def annotation(
    job: str, level: Literal["failure", "warning"], file: str, line: int, title: str, message: str
) -> Annotation | None:
    """The record, cleaned and redacted; None for what says no more than that the job failed."""
    if file == _RUNNER and message.startswith(_NOISE):
        return None
    return Annotation(
        job=job,
        level=level,
        file=_clean(tidy_path(file), 300),
        line=max(0, line),
        title=_clean(title, 200),
        message=_clean(message, MESSAGE_BYTES),
    )


def annotated_failures(annotations: Iterable[Annotation]) -> tuple[Failure, ...]:
    """Failures for a run whose logs and files tell none: each annotated error in the code once."""
    found: dict[tuple[str, int, str], Failure] = {}
    for one in annotations:
        key = (one.file, one.line, one.message)
        if one.level != "failure" or one.file == _RUNNER or not one.message or key in found:
            continue
        failure = Failure(
            framework="command",
            kind="other",
            file=one.file,
            line=one.line,
            message=one.message.partition("\n")[0],
            excerpt="\n".join(text for text in (one.title, one.message) if text),
            job=one.job,
        )
        found[key] = failure.model_copy(update={"signature": signature(failure)})
    return tuple(found.values())


def _clean(text: str, limit: int) -> str:
    lines = text.replace("\r", "").split("\n", _LINES)[:_LINES]
    cleaned = "\n".join(_SPELT_COLOUR.sub("", strip_controls(line)) for line in lines)
    return fit(redact(cleaned).strip(), limit)
