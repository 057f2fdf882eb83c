"""Which amplifiers to try, and in which order: what the failure says, then what the code names.

Pure. A limit on memory or files breaks much that is right, so those two are tried only for a
failure that speaks of them. All others are tried in the end, as the code that matters may lie
deeper than what was read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

from improve.records import Failure, Stressed

LATE = ("timeout", "timed out", "too slow", "took too long", "deadline")
DATE = re.compile(r"\b(19|20)\d\d-[01]\d-[0-3]\d|datetime\.|\bdate\(|\bUTC\b|tzinfo")


class Candidate(NamedTuple):
    """An amplifier, the words of a failure that speak for it, and the names in code that do."""

    setting: str
    failure: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    needs_failure: bool = False  # only when the failure speaks for it


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


THREADS = _names("threading Thread ThreadPoolExecutor concurrent Timer start_new_thread")
DAYS = _names("datetime date today now utcnow localtime gmtime mktime strftime calendar zoneinfo")
LOADED = _names("timeout perf_counter monotonic sleep wait_for wait join")
NETWORK = _names("socket recv recv_into makefile create_connection create_server open_connection "
                 "start_server socketserver StreamReader http")  # fmt: skip
ALL = (  # in the order in which they are tried where nothing speaks for one of them
    Candidate("thread-noise", names=THREADS),
    Candidate("timer-jitter", ("CancelledError",), _names("asyncio anyio trio")),
    Candidate("switch-interval+busy-processors", names=THREADS),
    Candidate("directory-order", ("No such file", "At index", "first item"),
              _names("listdir scandir glob iglob iterdir rglob walk")),
    Candidate("clock", (), DAYS | {"time"}),
    Candidate("zone", (), DAYS),
    Candidate("clock+zone", (), DAYS),
    Candidate("gc-threshold", ("ReferenceError", "weakly-referenced", "dead"),
              _names("weakref WeakValueDictionary WeakKeyDictionary WeakSet finalize gc __del__")),
    Candidate("socket-pieces", ("Connection", "Broken pipe", "JSONDecodeError", "unpack", *LATE),
              NETWORK),
    Candidate("workers", ("Address already in use", "FileExistsError", "locked", "refused", *LATE),
              LOADED | _names("bind port socket subprocess sqlite3 lock")),
    Candidate("busy-processors", LATE, LOADED),
    Candidate("fast-clock", ("expired", "elapsed", *LATE), _names("time now utcnow expires ttl")),
    Candidate("locale", ("UnicodeDecodeError", "UnicodeEncodeError", "codec", "locale"),
              _names("locale setlocale strcoll strxfrm getpreferredencoding")),
    Candidate("hash-seed", ("KeyError", "At index", "order"),
              _names("set frozenset hash popitem union intersection difference")),
    Candidate("file-limit", ("Too many open files", "EMFILE"), needs_failure=True),
    Candidate("memory-limit", ("MemoryError", "Cannot allocate"), needs_failure=True),
)  # fmt: skip


def candidates(failure: Failure | None, texts: Iterable[str]) -> tuple[str, ...]:
    """Settings, most likely first. ``texts`` are the test's file and product files near to it."""
    named = frozenset[str]().union(*map(_named, texts))
    said = _said(failure)
    scored = [(_score(one, said, named, failure), one) for one in ALL]
    kept = [(score, one) for score, one in scored if not one.needs_failure or score >= 4]
    return tuple(one.setting for _, one in sorted(kept, key=lambda pair: -pair[0]))


def shown_first(
    measured: Stressed | None, likely: tuple[str, ...], asked: str | None = None
) -> tuple[str, ...]:
    """What the request ``asked`` for, then what `improve stress` saw it fail under in this run, most
    often first, then the others.
    """
    shown = [one for one in measured.before if one.rate.failures] if measured else []
    shown.sort(key=lambda one: one.rate.failures / one.rate.runs, reverse=True)
    names = [one.rate.amplifier for one in shown if one.rate.amplifier != "plain"]
    return tuple(dict.fromkeys((*filter(None, [asked]), *names, *likely)))


def _score(one: Candidate, said: str, named: frozenset[str], failure: Failure | None) -> int:
    score = 4 if any(word.lower() in said.lower() for word in one.failure) else 0
    if one.failure[-len(LATE) :] == LATE and failure is not None and failure.kind == "timeout":
        score = 4
    if one.names & DAYS == DAYS and DATE.search(said):
        score = 4
    return score + min(3, len(one.names & named))


def _said(failure: Failure | None) -> str:
    if failure is None:
        return ""
    return f"{failure.error_type or ''} {failure.message[:1000]}"


def _named(text: str) -> frozenset[str]:
    """All names that code uses: of modules, functions, attributes and arguments."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found |= set(node.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= set(node.module.split("."))
        elif isinstance(node, (ast.Set, ast.SetComp)):
            found.add("set")
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return frozenset(found)


def imported(text: str) -> list[str]:
    """Modules that it imports, and what may be modules: ``from a import b`` gives a and a.b."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            stem = node.module or ""
            found += [stem, *(f"{stem}.{alias.name}".strip(".") for alias in node.names)]
    return [one for one in dict.fromkeys(found) if one]
