"""One failure told twice, by a log and by a JUnit file, is one failure: the fuller telling of it.

A log shows what its reader wanted to see (``--tb=no``, cut messages); the JUnit file of the same
session holds every message and traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from improve.evidence.junit_names import address
from improve.evidence.parse_junit import Told
from improve.evidence.signature import signature
from improve.records.evidence import Failure

_HOW_IT_ENDED = ("timeout", "crash")  # told by the log alone: the process wrote no more


class Merged(NamedTuple):
    """``failures``: the log's in their order, then the added ones."""

    failures: tuple[Failure, ...]
    added: int = 0
    completed: int = 0


def merge(known: Sequence[Failure], told: Sequence[Told], job: str | None = None) -> Merged:
    """Complete the failures of the logs by those of one JUnit file, and add what they lack.

    ``job``: whose file it is, where that can be said. A test of the file is one of the logs when
    they give it the same node id, or when the log's node id has the file's address; where the log
    has two failures of it (its call, its teardown), the kind decides.
    """
    failures = list(known)
    places = _Places()
    for number, failure in enumerate(failures):
        places.add(failure, number)
    added = completed = 0
    for one in told:
        failure = one.failure.model_copy(update={"job": job})
        at = _choose(failures, places.of(one), failure)
        if at is None:
            places.add(failure, len(failures), one.address)
            failures.append(failure)
            added += 1
            continue
        joined = _joined(failures[at], failure)
        completed += at < len(known) and joined != known[at]
        failures[at] = joined
    return Merged(tuple(failures), added, completed)


class _Places:
    """Where the failures of a test stand, by each name that it may be told under."""

    def __init__(self) -> None:
        self._by_name: dict[object, list[int]] = {}

    def add(self, failure: Failure, at: int, told_as: str = "") -> None:
        names: set[object] = {_words(failure)}
        if failure.node_id is not None:
            names = {failure.node_id, told_as or address(failure.node_id)}
        for name in names:
            self._by_name.setdefault(name, []).append(at)

    def of(self, one: Told) -> list[int]:
        """The places of what may be the same test, first ones first."""
        node_id = one.failure.node_id
        names = (one.address, _words(one.failure) if node_id is None else node_id)
        return sorted({at for name in names for at in self._by_name.get(name, ())})


def _words(failure: Failure) -> object:
    """Tests without node ids are the same when they say the same of the same place."""
    return failure.file, failure.line, failure.signature


def _choose(failures: Sequence[Failure], places: Sequence[int], one: Failure) -> int | None:
    exact = [at for at in places if _phase(failures[at]) == _phase(one)]
    if exact:
        return exact[0]
    # A log without sections says ERROR, not whether it was the set-up or the teardown.
    vague = [at for at in places if not failures[at].frames and failures[at].kind != "call"]
    return vague[0] if vague and one.kind != "call" else None


def _phase(failure: Failure) -> str:
    return "call" if failure.kind in (*_HOW_IT_ENDED, "other") else failure.kind


def _joined(log: Failure, junit: Failure) -> Failure:
    """The fuller telling, under the log's names; how it ended is the log's to say."""
    fuller, other = (junit, log) if _wealth(junit) > _wealth(log) else (log, junit)
    words = other if not _whole(fuller) and _whole(other) else fuller
    joined = fuller.model_copy(
        update={
            "node_id": log.node_id,
            "framework": log.framework,
            "kind": log.kind if log.kind in _HOW_IT_ENDED else fuller.kind,
            "job": _jobs(log.job or "", junit.job or ""),
            "error_type": words.error_type or fuller.error_type,
            "message": words.message,
            "message_cut": words.message_cut,
        }
    )
    return joined.model_copy(update={"signature": signature(joined)})


def _jobs(known: str, more: str) -> str | None:
    """Names joined by ', '; they may hold one themselves, so they are not taken apart."""
    return known or None if more in known else f"{known}, {more}".removeprefix(", ")


def _whole(failure: Failure) -> bool:
    return bool(failure.message) and not failure.message_cut


def _wealth(failure: Failure) -> tuple[bool, bool, bool]:
    return bool(failure.frames), _whole(failure), failure.error_type is not None
