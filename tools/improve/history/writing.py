"""Writes the results of one part, case by case as its file is read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import BinaryIO

from improve.evidence import capped_lines, distil
from improve.evidence.clean import strip_controls
from improve.evidence.junit_names import address, case_address, node_id
from improve.evidence.parse_junit import JunitResults, Told, read_junit
from improve.history.database import forget, insert_part
from improve.history.described import moment
from improve.records.evidence import Failure
from improve.records.history import PLAIN_TEXT, Part
from improve.redaction import redact

MOST_NAMES = 200_000  # remembered at a time; names that hold a random value never come again
NO_JUNIT = "no JUnit file, left out"
LONGEST = 1e7  # seconds
_BLOCK = 5000
_WORKER = re.compile(r"gw\d{1,4}$")
_INSERT = (
    "insert into result (part, position, test, outcome, seconds, worker, before, signature)"
    " values (?,?,?,?,?,?,?,?)"
)


class Writer:
    """The results of one part after the other; nothing is committed here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tests: dict[tuple[str, str], int] = {}
        self._signatures: dict[str, int] = {}
        self._rows: list[tuple[object, ...]] = []
        self._last: dict[str, int] = {}
        self._part = self._position = 0
        self.worker = ""
        self.suite: dict[str, str] = {}

    def begin(self, part: Part, worker: str = "") -> None:
        """The cases that come now are of this part, which takes the place of an older reading.

        ``worker``: where the file's name tells it for all its cases.
        """
        forget(self._connection, part.key)
        self._part, self._position = insert_part(self._connection, part), 0
        self._rows, self._last, self.worker, self.suite = [], {}, worker, {}

    def case(
        self,
        attributes: dict[str, str],
        properties: dict[str, str],
        skipped: bool,
        failures: tuple[Told, ...],
    ) -> None:
        """One case of a JUnit file."""
        names = attributes.get("classname", ""), attributes.get("name", "")
        test = self._tests.get(names) or self._test(names, attributes)
        worker = self.worker
        if properties or "worker" in attributes:
            worker = _worker(attributes, properties) or worker
        seconds = _seconds(attributes.get("time", ""))
        if failures:
            self._add(test, "failed", seconds, worker, failures[0].failure)
        else:
            self._add(test, "skipped" if skipped else "passed", seconds, worker, None)

    def junit(self, chunks: Iterable[bytes]) -> JunitResults:
        """All of a JUnit file; what it tells of its job counts where nothing else did."""
        results = read_junit(chunks, self.case, self.suite)
        suite = self.suite
        python = suite.get("python", "")[:20]
        self._amend(moment(suite.get("timestamp", "")), _clean(suite.get("hostname", "")), python)
        self.end(results.notes if results.known else (NO_JUNIT,), known=results.known)
        return results

    def log(self, stream: BinaryIO) -> None:
        """All of a log: the failures that it tells."""
        found = distil(capped_lines(stream))
        for failure in found.failures:
            if failure.node_id:
                name = address(failure.node_id)  # as a JUnit file of the same test has it
                test = self._tests.get(("", name)) or self._keep(("", name), name, failure.node_id)
                self._add(test, "failed", None, "", failure, ordered=False)
        self._amend("", "", found.environment.python or "")
        self.end(found.notes)

    def end(self, notes: Iterable[str] = (), known: bool = True) -> int:
        """The part is complete: how many cases it had. ``known``: it was a file of results."""
        self._flush()
        values = ("; ".join(notes)[:1000], None if known else "other", self._part)
        query = "update part set notes = ?, kind = coalesce(?, kind) where id = ?"
        self._connection.execute(query, values)
        return self._position

    def _amend(self, started: str, runner: str, python: str) -> None:
        hour = int(started[11:13]) if started[11:13].isdecimal() else None
        self._connection.execute(
            "update part set started = case started when '' then ? else started end,"
            " hour = coalesce(hour, ?), runner = case runner when '' then ? else runner end,"
            " python = case python when '' then ? else python end where id = ?",
            (started, hour, runner, python, self._part),
        )

    def _add(
        self,
        test: int,
        outcome: str,
        seconds: float | None,
        worker: str,
        failure: Failure | None,
        ordered: bool = True,
    ) -> None:
        signature = None
        if failure is not None:
            signature = self._signature(failure)
            if failure.node_id:
                self._name(test, failure.node_id)
        before = self._last.get(worker) if ordered else None
        self._rows.append(
            (self._part, self._position, test, outcome, seconds, worker, before, signature)
        )
        self._position += 1
        if ordered:
            self._last[worker] = test
        if len(self._rows) >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        self._connection.executemany(_INSERT, self._rows)
        self._rows = []

    def _test(self, names: tuple[str, str], attributes: dict[str, str]) -> int:
        classname, name = (_clean(one) for one in names)
        file = _clean(attributes.get("file", ""))
        by_pytest = self.suite.get("name") in ("pytest", "pytest tests") or file.endswith(".py")
        node = redact(node_id(classname, name, file, ())) if by_pytest else ""
        return self._keep(names, redact(case_address(classname, name)), node)

    def _keep(self, key: tuple[str, str], name: str, node: str) -> int:
        if len(self._tests) > MOST_NAMES:
            self._tests.clear()
        self._connection.execute(
            "insert into test (name, node_id) values (?, ?) on conflict do nothing", (name, node)
        )
        found = self._connection.execute("select id from test where name = ?", (name,)).fetchone()
        self._tests[key] = int(found[0])
        return int(found[0])

    def _name(self, test: int, node: str) -> None:
        # A traceback names the file for sure; from a dotted name it is a guess.
        query = "update test set node_id = ? where id = ? and node_id <> ?"
        self._connection.execute(query, (node, test, node))

    def _signature(self, failure: Failure) -> int:
        text = failure.signature
        if text not in self._signatures:
            if len(self._signatures) > MOST_NAMES:
                self._signatures.clear()
            error = f"{failure.error_type or 'Failure'}: {failure.message}".rstrip(": ")
            self._connection.execute(
                "insert into signature (text, error, excerpt) values (?, ?, ?)"
                " on conflict do nothing",
                (text, error, failure.excerpt),
            )
            found = self._connection.execute("select id from signature where text = ?", (text,))
            self._signatures[text] = int(found.fetchone()[0])
        return self._signatures[text]


def _worker(attributes: dict[str, str], properties: dict[str, str]) -> str:
    told = properties.get("worker") or properties.get("worker_id") or attributes.get("worker", "")
    return told if _WORKER.match(told) else _clean(told)[:40]


def worker_in(name: str) -> str:
    """'gw3' of a file that is called so, for those who write one file a worker."""
    words = re.split(r"[^A-Za-z0-9]", name[:PLAIN_TEXT])
    return next((word for word in words if _WORKER.match(word)), "")


def _clean(text: str) -> str:
    return strip_controls(text[:PLAIN_TEXT])


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < LONGEST else None
