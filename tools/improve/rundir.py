"""The run folder: where each artifact lies, written whole or not at all.

outputs/2026-02-04_10-20-30_<slug>/     the run folder
    validate.json fetch-logs.json ...   one artifact a phase
    journal.jsonl                       what happened, line by line
    request.json                        info.json as it was given
    logs/                               raw logs, mode 0600
    attempts/<n>/                       prompt, patch, transcript of one attempt
    pull-request.md fix.patch           what a person needs when publishing fails
    lock                                link to the lock of this repository and failure
outputs/2026-02-04_10-20-30_<slug>.md   its report
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from improve.errors import ImproveError
from improve.records import ARTIFACTS, ValidatedRequest
from improve.records.base import A
from improve.records.reading import NewerVersion, read, what_is_wrong
from improve.redaction import known_values_out
from improve.visible import in_json

SECRET_MODE = 0o600


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old content or all of the new, never a part.

    Raises: ImproveError when the disk is full or the folder may not be written; what was there
    before is then still there.
    """
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        if name:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        raise ImproveError(
            f"{path} could not be written: {error.strerror or error}.",
            "Make room or correct the folder's permissions, then go on with ./run.sh --resume.",
        ) from error


def artifact_path(run: Path, kind: type[A]) -> Path:
    """Where the artifact of this kind lies."""
    return run / f"{kind.schema_name}.json"


def save(run: Path, artifact: A) -> Path:
    """Validate an artifact once more as its reader will, and write it without known secrets.

    The request alone stays as it was given, since its commands and its log are used; then the file
    is its owner's.
    """
    given = isinstance(artifact, ValidatedRequest)
    text = artifact.model_dump_json(by_alias=True, indent=2)
    text = in_json(text if given else known_values_out(text))
    type(artifact).model_validate_json(text)
    path = artifact_path(run, type(artifact))
    write_whole(path, text.encode() + b"\n", SECRET_MODE if given else 0o644)
    return path


def load(run: Path, kind: type[A]) -> A | None:
    """The artifact of this kind, or None when its phase has not finished.

    Raises: ImproveError when the file is there and is not what its schema says.
    """
    found = _read(run, kind)
    return found[0] if found else None


def unread(run: Path) -> dict[str, tuple[str, ...]]:
    """Artifact -> its fields that this release does not know, since a newer one wrote them.

    They stay in the file and are not used. Artifacts that cannot be read at all are left out.
    """
    found = {}
    for kind in ARTIFACTS:
        with contextlib.suppress(ImproveError):
            fields = (_read(run, kind) or (None, ()))[1]
            if fields:
                found[artifact_path(run, kind).name] = fields
    return found


def _read(run: Path, kind: type[A]) -> tuple[A, tuple[str, ...]] | None:
    path = artifact_path(run, kind)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    again = f"./run.sh --from {kind.schema_name} --resume {run.name}"
    try:
        return read(kind, text)
    except NewerVersion as error:
        raise ImproveError(
            f"{path} was written by a newer release: {error}.",
            f"Go on with that release (update the toolkit), or make it anew with this one: {again}",
        ) from error
    except ValidationError as error:
        raise ImproveError(
            f"{path} is not a valid {kind.schema_name} artifact: {what_is_wrong(error)}.",
            f"It was changed by hand or cut short. Run the phase again: {again}",
        ) from error


def need(run: Path, kind: type[A]) -> A:
    """The artifact of this kind, which an earlier phase has to have left.

    Raises: ImproveError naming the phase that is missing.
    """
    found = load(run, kind)
    if found is None:
        raise ImproveError(
            f"{run.name} has no {kind.schema_name}.json yet.",
            f"Run the phase first: ./run.sh --resume {run.name}",
        )
    return found


def latest(outputs: Path) -> Path | None:
    """The newest run folder (their names begin with the time), or None."""
    runs = sorted(path.parent for path in outputs.glob("????-??-??_??-??-??_*/request.json"))
    return runs[-1] if runs else None
