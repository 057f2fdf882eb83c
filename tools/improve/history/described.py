"""What is known of a file of results: run.json beside or above it, else the names on its path. Pure.

A name tells by its form alone, so that nobody has to rename anything: `run-812`, `attempt-2`, a commit of
seven to forty digits, `ubuntu-24.04`, `py3.12`. See analyze-nd-failures/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import cast

from improve.evidence.clean import strip_controls
from improve.evidence.matrix import matrix_of
from improve.records.history import PLAIN_TEXT, Part
from improve.redaction import redact

KNOWN = (
    "run", "attempt", "job", "sha", "branch", "started", "minutes", "runner", "os", "labels",
    "matrix", "python", "url",
)  # fmt: skip
_ALSO = {"commit": "sha", "head_sha": "sha", "run_id": "run", "run_attempt": "attempt",
         "started_at": "started", "created_at": "started", "runner_name": "runner"}  # fmt: skip
_RUN = re.compile(r"run[-_]?(\d{1,20})$", re.IGNORECASE)
_BARE_RUN = re.compile(r"\d{3,20}$")
_ATTEMPT = re.compile(r"attempt[-_]?(\d{1,6})$", re.IGNORECASE)
_SHA = re.compile(r"(?:sha-?|commit-?)?((?=[a-f0-9]{0,39}[a-f])[0-9a-f]{7,40}|[0-9a-f]{40})$")
_PYTHON = re.compile(r"(?:py|python|cp)[-_]?(3\.?\d{1,2})(?:\.\d{1,3})?$", re.IGNORECASE)
SYSTEMS = (
    ("ubuntu", "Linux"), ("debian", "Linux"), ("linux", "Linux"), ("windows", "Windows"),
    ("macos", "macOS"), ("darwin", "macOS"),
)  # fmt: skip


def system_of(texts: Iterable[str]) -> str:
    """'Linux', 'Windows' or 'macOS', as labels of a runner or names say; '' when they do not."""
    for text in texts:
        for start, system in SYSTEMS:
            if text.lower().startswith(start):
                return system
    return ""


def moment(text: str) -> str:
    """ISO 8601, in UTC to the second; without a zone it is taken for UTC. '' for anything else."""
    try:
        found = datetime.fromisoformat(text[:40].strip().replace("Z", "+00:00"))
    except ValueError:
        return ""
    if found.tzinfo is not None:
        found = found.astimezone(timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def described(path: str, told: Mapping[str, object], kind: str, mark: str) -> Part:
    """The part at ``path`` (relative, '/'), with what run.json told (``told``, nearest file first)."""
    given = {_ALSO.get(key, key): value for key, value in told.items() if value is not None}
    by_path, rest = _from_path(path)
    found = {**by_path, **{key: value for key, value in given.items() if key in KNOWN}}
    matrix = found.get("matrix")
    labels = found.get("labels")
    job = _text(found.get("job")) or rest
    values = (
        {_text(key): _text(value) for key, value in list(matrix.items())[:20]}
        if isinstance(matrix, dict)
        else matrix_of(job, None)
    )
    names = tuple(_text(one) for one in labels[:20]) if isinstance(labels, list) else ()
    run = _text(found.get("run")) or path.split("/")[0]
    words = [*names, _text(found.get("os")), *values.values(), *_words(path)]
    return Part(
        key=path,
        mark=mark,
        kind="log" if kind == "log" else "junit",
        run=run,
        attempt=_whole(found.get("attempt"), 1),
        job=job,
        sha=_text(found.get("sha")) or f"run {run}",
        branch=_text(found.get("branch")),
        started=moment(_text(found.get("started"))),
        minutes=_minutes(found.get("minutes")),
        runner=_text(found.get("runner")),
        os=system_of([_text(found.get("os"))]) or _text(found.get("os")) or system_of(words),
        labels=names,
        matrix=values,
        python=_text(found.get("python") or values.get("python") or values.get("python-version")),
        url=_text(found.get("url")),
    )


def _from_path(path: str) -> tuple[dict[str, object], str]:
    """What the names say, and what is left of them: the job's name."""
    found: dict[str, object] = {}
    left: list[str] = []
    *folders, file = path.split("/")
    stem = re.sub(r"(?:\.junit)?\.(?:xml|log|txt)$", "", file, flags=re.IGNORECASE)
    words = [(at, word) for at, name in enumerate((*folders, stem)) for word in name.split("_")]
    first = 0  # of the words that are left, how many are of the first folder
    for at, word in words:
        run, attempt, sha = _RUN.match(word), _ATTEMPT.match(word), _SHA.match(word)
        python = _PYTHON.match(word)
        if run or (_BARE_RUN.match(word) and "run" not in found):
            found["run"] = run[1] if run else word
        elif attempt:
            found["attempt"] = attempt[1]
        elif sha:
            found["sha"] = sha[1]
        else:
            left.append(word)
            first += at == 0 and bool(folders)
            if python:
                digits = python[1].replace(".", "")
                found["python"] = f"3.{digits[1:]}"
    if "run" not in found:
        left = left[first:]  # the first folder is the run
    return found, _text(" ".join(word for word in left if word)) or "tests"


def _words(path: str) -> list[str]:
    return re.split(r"[/_ ]", path[:1000])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        return ""
    # Redacted before it is cut, or half a token is left; what is cut first no token can bridge.
    return redact(strip_controls(str(value)[: 16 * PLAIN_TEXT]))[:PLAIN_TEXT].strip()


def _whole(value: object, default: int) -> int:
    text = _text(value)
    return int(text) if text.isdecimal() and len(text) < 7 else default


def _minutes(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = cast(float, value)
    return float(number) if 0 <= number < 1e5 else None
