"""Analyse many runs of CI: read what is new, judge everything, write the reports and the requests.

<into>/results.sqlite    every result, for the next time and for queries of your own
<into>/analyze.json      the analysis
<into>/analysis.md       for people; analysis.html has figures as well
<into>/requests/*.json   a ready info.json for each thing to repair
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from improve import rundir
from improve.context import Budget
from improve.errors import ImproveError
from improve.evidence.parse_junit import JunitResults
from improve.forge.gh import Gh
from improve.forge.github_history import Sink, Wanted, attempts, read_attempt
from improve.history import database
from improve.history.folder import read_folder
from improve.history.loading import load_parts, load_tests
from improve.history.writing import Writer
from improve.patterns.analyse import analyse
from improve.patterns.outages import outages
from improve.records.analysis import Analysis
from improve.records.history import Part
from improve.redaction import redact_values
from improve.report.analysis import write_analysis

Tell = Callable[[str], None]
Read = Callable[[sqlite3.Connection, Tell], list[str]]


class Analysed(NamedTuple):
    """What there is now, and where."""

    analysis: Analysis
    markdown: Path
    page: Path


def of_folder(folder: Path) -> Read:
    """Reads the JUnit files and logs below ``folder``."""

    def read(connection: sqlite3.Connection, tell: Tell) -> list[str]:
        return read_folder(connection, folder, tell)

    return read


def of_github(
    host: str, owner: str, repo: str, wanted: Wanted, folder: Path, seconds: float, tell: Tell
) -> Read:
    """Reads the newest runs at GitHub for at most ``seconds``; ``folder`` holds what is being read.

    What was read is kept when GitHub limits us or the time is up; that is told, and the next call
    goes on from there.
    """

    def read(connection: sqlite3.Connection, tell: Tell) -> list[str]:
        gh = Gh(host, Budget.of(seconds), tell, "reading the runs")
        writer, notes, count = Writer(connection), list[str](), 0
        sink = _sink(writer)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for one in attempts(gh, owner, repo, wanted, database.finished(connection)):
                tell(f"reading run {one.place.run}, attempt {one.place.attempt}")
                notes += read_attempt(gh, one, folder, sink)
                database.finish(connection, one.key)
                connection.commit()
                count += 1
        except ImproveError as error:
            connection.rollback()
            if not count:
                raise
            notes.append(f"stopped after {count} attempts, the next call goes on: {error.what}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        tell(f"{count} attempts were new")
        return notes

    return read


def _sink(writer: Writer) -> Sink:
    def junit(part: Part, chunks: Iterable[bytes]) -> JunitResults:
        writer.begin(part)
        return writer.junit(chunks)

    def log(part: Part, file: Path) -> None:
        writer.begin(part)
        with file.open("rb") as stream:
            writer.log(stream)

    def green(part: Part) -> None:
        writer.begin(part)
        writer.end()

    return Sink(junit, log, green)


def run(source: str, read: Read, into: Path, toolkit: Path, tell: Tell) -> Analysed:
    """Read, judge, write. ``source`` is how the reports name where the results come from.

    Interrupted, it keeps what was read; called again, it reads only what is new. Raises: ImproveError
    when there is nothing to read, or the database or a file cannot be written; what ``read`` raises.
    """
    with database.opened(into / "results.sqlite") as connection:
        notes = read(connection, tell)
        history = load_parts(connection)
        if not any(ran for _, ran in history.sizes):
            raise ImproveError(
                f"{source} has no test results: {_first(history.notes + notes)}.",
                "JUnit files come from `pytest --junitxml=junit.xml`; "
                "analyze-nd-failures/README.md says what else is read.",
            )
        aside, told = outages(history)
        tell(f"judging {history.all_results:,} results of {history.all_tests:,} tests")
        load_tests(connection, history, aside)
    history.notes += [note for note in notes if note not in history.notes]
    judged = analyse(history, source, told)
    _write_requests(into, judged.requests)
    rundir.save(into, judged.analysis)
    written = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Analysed(
        judged.analysis,
        *write_analysis(judged.analysis, judged.requests, into, toolkit, written),
    )


def _first(notes: list[str]) -> str:
    return notes[0].rstrip(".") if notes else "no file of results was found"


def _write_requests(into: Path, requests: Mapping[str, Mapping[str, object]]) -> None:
    """Those of an earlier analysis go: their ranks are no longer true."""
    for old in (into / "requests").glob("*.json"):
        if f"requests/{old.name}" not in requests:
            old.unlink()
    for name, content in requests.items():
        text = json.dumps(redact_values(content), indent=2, ensure_ascii=True)
        rundir.write_whole(into / name, text.encode() + b"\n")
