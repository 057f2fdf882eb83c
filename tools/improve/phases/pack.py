"""A copy of a run folder that may leave this machine: every file without secrets.

The folder itself keeps the logs and the request as they came, for its owner alone. Whoever may read
the repository may read what a workflow uploads, so that is made here.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from improve import rundir
from improve.checks.frozen import FOLDER as FROZEN
from improve.errors import ImproveError
from improve.evidence.shown import shown
from improve.redaction import redact, redact_known, redact_values
from improve.reproduction.kept_branch import FOLDER as KEPT
from improve.visible import in_json

LOGS, TEXT = "logs", ".txt"
# The target's own text, which a later phase needs byte for byte. What an agent adds to it is judged
# before it is kept (agents/obtain.py) and before it is pushed (forge/leak.py).
CODE_FOLDERS, CODE_ENDS = (FROZEN, KEPT), (".patch", ".diff")


def run(folder: Path, into: Path) -> Path:
    """The copy, below ``into`` and named like ``folder``; the report lies beside it.

    Logs are cleaned as well, and called .txt: they are no longer what was fetched.
    Raises: ImproveError when it cannot be written; what was made of it is gone then.
    """
    place = into / folder.name
    try:
        for path in _files(folder):
            _copy(folder, path, place)
        report = folder.with_name(f"{folder.name}.md")
        if report.is_file():
            text = redact(report.read_text("utf-8", "replace"))
            rundir.write_whole(place.with_name(report.name), text.encode())
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return place


def _files(folder: Path) -> Iterator[str]:
    """The regular files below ``folder``; links (the lock is one) are left out."""
    for here, _folders, names in os.walk(folder):
        for name in names:
            file = Path(here) / name
            if stat.S_ISREG(file.lstat().st_mode):
                yield file.relative_to(folder).as_posix()


def _copy(folder: Path, path: str, place: Path) -> None:
    source, safe = folder / path, PurePosixPath(redact(path))
    if path.startswith(f"{LOGS}/"):
        _copy_log(source, place / f"{safe}{'' if safe.suffix == TEXT else TEXT}")
        return
    data = source.read_bytes()
    text = data.decode("utf-8", "surrogateescape")
    if path.startswith(tuple(f"{one}/" for one in CODE_FOLDERS)) or path.endswith(CODE_ENDS):
        told = redact_known(text)
    elif path.endswith(".json"):
        told = _json(text, indent=2)
    elif path.endswith(".jsonl"):
        told = "".join(f"{_json(line)}\n" for line in text.split("\n") if line.strip())
    else:
        told = redact(text)
    same = told == text
    rundir.write_whole(place / safe, data if same else told.encode("utf-8", "replace"))


def _json(text: str, indent: int | None = None) -> str:
    """Each text of the value by itself; a line that a crash cut in two is redacted as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return redact(text)
    return in_json(json.dumps(redact_values(value), indent=indent, ensure_ascii=False))


def _copy_log(source: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as log, place.open("w", encoding="utf-8", errors="replace") as out:
            for block in shown(log):
                out.write(block)
    except OSError as error:
        raise ImproveError(
            f"{place} could not be written: {error.strerror or error}.",
            "Make room, or name another folder with --into.",
        ) from error
