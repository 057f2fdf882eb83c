"""The database of test results: one file, which other programs may ask as well.

sqlite3 results.sqlite "select name, count(*) from result join test on test.id = test
                        where outcome = 'failed' group by name"
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from improve.errors import ImproveError
from improve.records.history import Part

VERSION = 1
SCHEMA = """
create table part (
  id integer primary key, key text not null unique, mark text not null, kind text not null,
  run text not null, attempt integer not null, job text not null, sha text not null,
  branch text not null, started text not null, hour integer, minutes real,
  runner text not null, os text not null, labels text not null, matrix text not null,
  python text not null, url text not null, notes text not null default '');
create table test (id integer primary key, name text not null unique, node_id text not null);
create table signature (
  id integer primary key, text text not null unique, error text not null, excerpt text not null);
create table result (
  part integer not null, position integer not null, test integer not null,
  outcome text not null, seconds real, worker text not null default '', before integer,
  signature integer, primary key (part, position)) without rowid;
create table done (key text primary key) without rowid;
"""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database at ``path``, made when it is missing; what is not committed at the end is undone.

    Raises: ImproveError when it is none of ours, of a newer version, in use, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            _prepare(connection, path)
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise ImproveError(
            f"{path} cannot be used as the database of results: {error}.",
            "End other analyses of it, make room, or remove it: it is then made anew.",
        ) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("pragma user_version").fetchone()
    if version == VERSION:
        return
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if version or tables:
        raise ImproveError(
            f"{path} is no database of results of this version ({version}, known is {VERSION}).",
            "Remove it, or name another folder with --into: it is then made anew.",
        )
    connection.executescript(f"begin immediate; {SCHEMA}; pragma user_version = {VERSION}; commit;")


def known(connection: sqlite3.Connection) -> dict[str, str]:
    """Key -> mark of every part that is there."""
    return dict(connection.execute("select key, mark from part"))


def finished(connection: sqlite3.Connection) -> set[str]:
    """Keys of attempts of runs that need not be asked for again."""
    return {key for (key,) in connection.execute("select key from done")}


def finish(connection: sqlite3.Connection, key: str) -> None:
    """All of this attempt is there."""
    connection.execute("insert or ignore into done values (?)", (key,))


def forget(connection: sqlite3.Connection, key: str) -> None:
    """Take out a part and its results: it was written anew, or is gone."""
    found = connection.execute("select id from part where key = ?", (key,)).fetchone()
    if found:
        connection.execute("delete from result where part = ?", found)
        connection.execute("delete from part where id = ?", found)


def insert_part(connection: sqlite3.Connection, part: Part) -> int:
    """Write a part without results; its id."""
    hour = part.started[11:13]
    values = (
        part.key, part.mark, part.kind, part.run, part.attempt, part.job, part.sha, part.branch,
        part.started, int(hour) if hour.isdecimal() else None, part.minutes, part.runner, part.os,
        json.dumps(part.labels), json.dumps(part.matrix), part.python, part.url,
    )  # fmt: skip
    cursor = connection.execute(
        "insert into part (key, mark, kind, run, attempt, job, sha, branch, started, hour, minutes,"
        " runner, os, labels, matrix, python, url) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        values,
    )
    return int(cursor.lastrowid or 0)


def parts(connection: sqlite3.Connection) -> list[tuple[int, Part]]:
    """All parts, oldest first, with their ids."""
    rows = connection.execute(
        "select id, key, mark, kind, run, attempt, job, sha, branch, started, minutes, runner, os,"
        " labels, matrix, python, url from part order by started, length(run), run, attempt, key"
    )
    names = [column[0] for column in rows.description][1:]
    found = []
    for number, *values in rows:
        given = dict(zip(names, values, strict=True))
        given |= {"labels": json.loads(given["labels"]), "matrix": json.loads(given["matrix"])}
        found.append((number, Part.model_validate(given)))
    return found
