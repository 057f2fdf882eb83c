"""Fetch the logs and distil evidence out of them.

The raw log is kept in the run folder, readable by its owner only, byte for byte; everything that
leaves this phase was cleaned and redacted.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from improve import rundir
from improve.context import Context
from improve.errors import ImproveError, RequestError
from improve.evidence import capped_lines, distil
from improve.records import Evidence, LogFile, Request, ValidatedRequest

TEXT_HINTS = ("\n",)
PATH_CHARACTERS = 1024


def run(context: Context) -> Evidence:
    """Evidence from the request's logs.

    Raises: RequestError when ``raw-logs`` names no readable file.
    """
    validated = rundir.need(context.run, ValidatedRequest)
    request = validated.request
    if request.raw_logs is not None:
        context.progress("reading the log")
        return _from_text_or_file(context, request.raw_logs, validated.request_path.parent)
    if request.url is not None:
        return _from_url(context, request)
    source = "existing-test" if request.existing_test_path else "check"
    return Evidence(source=source)


def _from_text_or_file(context: Context, given: str, beside: Path) -> Evidence:
    kept = context.run / "logs" / "raw.log"
    kept.parent.mkdir(exist_ok=True)
    if _looks_like_path(given):
        _copy(_find(given, beside, context.toolkit), kept)
    else:
        rundir.write_whole(kept, given.encode("utf-8", "surrogatepass"), rundir.SECRET_MODE)
    return _distilled(context, "raw-logs", [kept])


def _looks_like_path(given: str) -> bool:
    return len(given) <= PATH_CHARACTERS and not any(hint in given.strip() for hint in TEXT_HINTS)


def _find(given: str, beside: Path, toolkit: Path) -> Path:
    path = Path(given.strip()).expanduser()
    tried = [path] if path.is_absolute() else [beside / path, toolkit / path]
    for one in tried:
        if one.is_file():
            return one
        if one.exists():
            raise RequestError(
                f"raw-logs: {one} is not a regular file.", "Give the path of a log file."
            )
    places = " or ".join(str(one) for one in dict.fromkeys(tried))
    raise RequestError(
        f"raw-logs: {given.strip()[:200]!r} is one line, so it is read as a path, and there is no file {places}.",
        "Correct the path, or put the log's text (several lines) there.",
    )


def _copy(source: Path, kept: Path) -> None:
    free = shutil.disk_usage(kept.parent).free
    size = source.stat().st_size
    if size + (64 << 20) > free:
        raise ImproveError(
            f"{source} has {size >> 20} MB and only {free >> 20} MB are free in {kept.parent}.",
            "Make room, or cut the log to the part with the failure.",
        )
    with source.open("rb") as stream, kept.open("wb") as out:
        kept.chmod(rundir.SECRET_MODE)
        shutil.copyfileobj(stream, out, 1 << 20)
    if kept.stat().st_size != size:
        raise ImproveError(
            f"{source} changed while it was read.", "Start again when it is complete."
        )


def _from_url(context: Context, request: Request) -> Evidence:
    from improve.forge import github

    assert request.url is not None  # noqa: S101 - the caller has looked
    context.progress("fetching the logs of the failed jobs")
    files = github.fetch_logs(request.url, context.run / "logs", context.budget.left())
    return _distilled(context, "url", files)


def _distilled(context: Context, source: str, files: list[Path]) -> Evidence:
    logs, failures, notes, environment = [], [], [], None
    for file in files:
        with file.open("rb") as stream:
            found = distil(capped_lines(stream))
        logs.append(
            LogFile(
                path=file.relative_to(context.run).as_posix(),
                bytes=file.stat().st_size,
                sha256=_sha256(file),
            )
        )
        failures += found.failures
        notes += found.notes
        environment = environment or found.environment
        context.progress(f"{len(failures)} failures in {found.lines} lines")
    made: dict[str, object] = {"source": source, "logs": tuple(logs), "failures": tuple(failures)}
    if environment is not None:
        made["environment"] = environment
    return Evidence(**made, notes=tuple(notes))  # type: ignore[arg-type]


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
