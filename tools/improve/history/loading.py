"""From the database to what is judged: parts, the tests that ever failed, and the orders."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Collection

from improve.history import database
from improve.records.history import History, Row, Said, TestRows

_ROWS = """
select test, part, outcome = 'failed', worker, position, before, seconds, signature from result
where outcome <> 'skipped' and part not in (select id from temp.aside)
  and test in (select test from result
               where outcome = 'failed' and part not in (select id from temp.aside))
"""


def load_parts(connection: sqlite3.Connection) -> History:
    """The parts, with how many tests ran and failed in each."""
    found = [one for one in database.parts(connection) if one[1].kind != "other"]
    ids = [number for number, _ in found]
    index = {number: at for at, number in enumerate(ids)}
    sizes, seconds = [(0, 0)] * len(found), [0.0] * len(found)
    for number, failed, ran, took in connection.execute(
        "select part, sum(outcome = 'failed'), count(*), total(seconds) from result"
        " where outcome <> 'skipped' group by part"
    ):
        if number in index:
            sizes[index[number]], seconds[index[number]] = (failed, ran), took
    history = History([part for _, part in found], ids, sizes, seconds, [])
    told = connection.execute("select key, notes from part where notes <> '' order by key")
    history.notes = [f"{key}: {notes}" for key, notes in told]
    (history.all_tests,) = connection.execute("select count(distinct test) from result").fetchone()
    (history.all_results,) = connection.execute("select count(*) from result").fetchone()
    return history


def load_tests(connection: sqlite3.Connection, history: History, aside: Collection[int]) -> None:
    """Add the tests that ever failed outside of the parts ``aside`` (indexes), with all their rows.

    Results of tests that always passed stay in the database.
    """
    connection.execute("create temp table if not exists aside (id integer primary key)")
    connection.execute("delete from temp.aside")
    connection.executemany(
        "insert into temp.aside values (?)", [(history.ids[at],) for at in aside]
    )
    history.names = dict(
        connection.execute("select id, coalesce(nullif(node_id, ''), name) from test")
    )
    said = connection.execute("select id, text, error, excerpt from signature")
    history.signatures = {number: Said(*texts) for number, *texts in said}
    index = {number: at for at, number in enumerate(history.ids)}
    _tests(connection, history, index)
    _orders(connection, history, index)
    connection.rollback()


def _tests(connection: sqlite3.Connection, history: History, index: dict[int, int]) -> None:
    kinds = [part.kind for part in history.parts]
    rows: dict[int, list[Row]] = {}
    for test, part, failed, worker, position, before, took, signature in connection.execute(_ROWS):
        if part not in index:
            continue
        at = index[part]
        ordered = kinds[at] == "junit"
        rows.setdefault(test, []).append(
            Row(
                at, bool(failed), sys.intern(worker), position if ordered else -1,
                -1 if before is None else before, took, -1 if signature is None else signature,
            )
        )  # fmt: skip
    nodes = dict(connection.execute("select id, node_id from test"))
    told_by_logs = _by_job(history)
    for test, found in rows.items():
        inferred = _inferred(history, found, told_by_logs)
        history.inferred += len(inferred)
        ordered_rows = sorted(found + inferred, key=lambda row: (row.part, row.position))
        history.tests.append(TestRows(test, history.names[test], nodes[test], ordered_rows))


def _by_job(history: History) -> dict[str, list[int]]:
    jobs: dict[str, list[int]] = {}
    for at, part in enumerate(history.parts):
        if part.kind == "green" or (part.kind == "log" and history.sizes[at][0]):
            jobs.setdefault(part.job, []).append(at)
    return jobs


def _inferred(history: History, rows: list[Row], jobs: dict[str, list[int]]) -> list[Row]:
    """Passes in jobs without a JUnit file: a test that failed in that job elsewhere, and is not among
    the failures of this one's log, passed here."""
    failed_by_log = {row.part for row in rows if history.parts[row.part].kind == "log"}
    names = {history.parts[at].job for at in failed_by_log}
    return [
        Row(at, False, "", -1, -1, None, -1)
        for name in sorted(names)
        for at in jobs[name]
        if at not in failed_by_log
    ]


def _orders(connection: sqlite3.Connection, history: History, index: dict[int, int]) -> None:
    if not history.tests:
        return
    query = (
        "select part, worker, test from result where outcome <> 'skipped'"
        " and part not in (select id from temp.aside) order by part, position"
    )
    key, order = (-1, ""), array("I")
    for part, worker, test in connection.execute(query):
        if (part, worker) != key:
            key = (part, worker)
            at = index.get(part, -1)
            order = history.orders.setdefault((at, sys.intern(worker)), array("I"))
        order.append(test)
