"""The real ``gh``, one request at a time: how often we ask, and what the answers mean.

Only ``gh api -i`` is used: it gives the exact bytes and the headers that tell how long to wait.
``gh run view --log`` loses data with exit status 0 (cli/cli#5011, #10551: long lines, invalid
UTF-8, jobs whose names hold a colon), and gh itself never retries (cli/cli#3292).
"""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from improve.context import Budget
from improve.forge.gh_answer import HEAD_LINE, Answer, read_head, readable
from improve.forge.gh_program import escape_flag, program, world
from improve.forge.gh_refusals import (
    gave_up,
    no_room,
    not_signed_in,
    refused,
    time_is_up,
    unreadable_configuration,
)
from improve.redaction import redact_values
from improve.workbench import process

TRIES = 5
FIRST_WAIT, FIRST_WAIT_LIMITED = 1.0, 60.0  # seconds; doubled from try to try
NO_CONFIGURATION = "failed to read configuration"  # gh's own words, before it asks anything
QUIET_SECONDS = 60.0  # gh itself waits for ever; a long log may take as long as it keeps coming


@dataclass(frozen=True)
class Gh:
    """Whom we talk to, until when, and who is told about waiting."""

    host: str
    budget: Budget
    tell: Callable[[str], None]
    doing: str = "reading this run"  # what a refusal keeps us from
    needs: str = "`Actions: read` (classic: `repo`)"  # what the token lacks then


def get(gh: Gh, path: str, output: Path | None = None, most: int | None = None) -> Answer:
    """GET ``path`` of the REST interface, asked up to five times; its body, or 200's to ``output``.

    Other statuses (404, 410, ...) are the caller's to judge. Raises: NotSignedIn; OutOfBudget when
    the time ends during an answer; ImproveError when gh is missing, or when GitHub stays limited,
    broken or out of reach. More than ``most`` bytes to ``output`` are cut off and answered with 413.
    """
    for tried in range(1, TRIES + 1):
        answer = _once(gh, path, output, most=most)
        require_allowed(gh, answer)
        if not answer.limited and not answer.broken:
            return answer
        wait_or_give_up(gh, answer, tried)
    raise AssertionError("unreachable")


def send(gh: Gh, method: str, path: str, body: Mapping[str, object]) -> Answer:
    """POST or PATCH ``body`` as JSON without secrets, once: only the caller can see whether a lost one took effect.

    Raises: NotSignedIn; OutOfBudget; ImproveError when gh is missing.
    """
    return _once(
        gh, path, None, ("-X", method, "--input", "-"), json.dumps(redact_values(body)).encode()
    )


def require_allowed(gh: Gh, answer: Answer) -> None:
    """Raises: NotSignedIn when ``answer`` refuses who we are, or what we may."""
    if answer.status in (401, 403) and not answer.limited and not answer.broken:
        raise refused(gh.host, answer, gh.doing, gh.needs)


def wait_or_give_up(gh: Gh, answer: Answer, tried: int) -> None:
    """Wait before the next try. Raises: ImproveError after the last one, or when time is short."""
    wait = pause(answer, tried, time.time())
    if tried == TRIES or wait > gh.budget.left():
        raise gave_up(gh.host, answer, f"try {tried} of {TRIES}", wait)
    why = "rate limit" if answer.limited else answer.said or f"HTTP {answer.status}"
    gh.tell(f"{gh.host}: {why}; try {tried + 1} of {TRIES} in {wait:.0f} s")
    time.sleep(wait)


def pause(answer: Answer, tried: int, now: float) -> float:
    """Seconds to wait before the next try; ``now`` in seconds since 1970.

    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api:
    retry-after goes first, then the reset time, else a minute that doubles.
    """
    after = answer.headers.get("retry-after", "")
    if after.isdecimal():
        return float(after[:9])
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.limited and answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset[:12]) - now) + 1
    first = FIRST_WAIT_LIMITED if answer.limited else FIRST_WAIT
    return first * 2.0 ** (tried - 1)


def _once(
    gh: Gh,
    path: str,
    output: Path | None,
    how: tuple[str, ...] = (),
    body: bytes = b"",
    most: int | None = None,
) -> Answer:
    return replace(_request(gh, path, output, how, body, most), asked=path.partition("?")[0])


def _request(
    gh: Gh, path: str, output: Path | None, how: tuple[str, ...], body: bytes, most: int | None
) -> Answer:
    gh_path = program()
    where = () if ":" in gh.host else ("--hostname", gh.host)
    command = [gh_path, "api", "-i", *escape_flag(gh_path), *where, *how, path]
    part = output.with_name(f".{output.name}.part") if output else None
    caps = process.Caps(file_bytes=most, quiet_seconds=QUIET_SECONDS)
    try:
        done = process.run(
            command, env=world(gh.host), timeout=max(0.1, gh.budget.left()), output=part,
            stdin=body, caps=caps,
        )  # fmt: skip
        if part and most is not None and part.stat().st_size >= most:
            return Answer(413, {}, b"", f"more than {most >> 20} MB came", False)
        if done.overran:
            return Answer(0, {}, b"", done.overran, False)
        if done.timed_out:
            raise time_is_up(gh.host, path)
        if done.returncode == 4:
            raise not_signed_in(gh.host)
        if done.returncode and NO_CONFIGURATION in done.error_text:
            raise unreadable_configuration(done.error_text)
        with part.open("rb") if part else io.BytesIO(done.stdout) as stream:
            return _read(stream, done, output)
    finally:
        if part:
            part.unlink(missing_ok=True)


def _read(stream: BinaryIO, done: process.Finished, output: Path | None) -> Answer:
    status, headers = read_head(stream)
    said = readable(done.error_text.strip().removeprefix("gh: ").replace("\n", "; "))
    if output and "no space left on device" in said:
        raise no_room(output)
    if status != 200 or output is None or not done.ok:
        body = stream.read() if output is None else stream.read(HEAD_LINE)
        return Answer(status, headers, body, said, done.ok)
    try:
        with output.open("wb") as kept:
            output.chmod(0o600)  # before its first byte
            shutil.copyfileobj(stream, kept, 1 << 20)
    except OSError as error:
        output.unlink(missing_ok=True)
        raise no_room(output) from error
    return Answer(status, headers, b"", said, True)
