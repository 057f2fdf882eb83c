"""Reads what another release wrote: newer fields are left where they are, newer versions refused. Pure.

A release adds fields that an older one can do without, and raises ``version`` for everything else.
So an unknown field is no reason to throw a finished and paid phase away; it is named, and not used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from improve.records.base import Artifact, Record

R = TypeVar("R", bound=Record)
UNKNOWN = "extra_forbidden"  # pydantic's name of it


class NewerVersion(ValueError):
    """The artifact has a ``version`` above the newest that this release reads."""

    def __init__(self, version: int, newest: int) -> None:
        super().__init__(f"it has version {version}; this release reads versions up to {newest}")
        self.version = version


def read(kind: type[R], data: bytes) -> tuple[R, tuple[str, ...]]:
    """The record, and the places of the fields in ``data`` (JSON) that this release does not know.

    A place is written like ``attempts.0.mood``. Raises: NewerVersion; ValidationError, without the
    unknown fields, for what is wrong besides them.
    """
    try:
        found = kind.model_validate_json(data)
    except ValidationError as error:
        _refuse_newer(kind, data)
        unknown = [one["loc"] for one in error.errors() if one["type"] == UNKNOWN]
        if not unknown:
            raise
        value = json.loads(data)
        for place in unknown:
            _take_out(value, place)
        bare = json.dumps(value)
        return kind.model_validate_json(bare), tuple(".".join(map(str, one)) for one in unknown)
    if isinstance(found, Artifact) and found.version > found.newest:
        raise NewerVersion(found.version, found.newest)
    return found, ()


def what_is_wrong(error: ValidationError) -> str:
    """Place and cause of the first that ``read`` could not do without, on one line."""
    wrong = error.errors()
    first = next((one for one in wrong if one["type"] != UNKNOWN), wrong[0])
    return f"{'.'.join(str(part) for part in first['loc']) or 'the top'}: {first['msg']}"


def _refuse_newer(kind: type[R], data: bytes) -> None:
    # Asked of the bare JSON: what else such a file holds is nothing that we could judge.
    if not issubclass(kind, Artifact):
        return
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    version = value.get("version") if isinstance(value, dict) else None
    named = isinstance(value, dict) and value.get("schema") == kind.schema_name
    if named and type(version) is int and version > kind.newest:
        raise NewerVersion(version, kind.newest)


def _take_out(value: Any, place: Sequence[int | str]) -> None:
    for part in place[:-1]:
        value = value[part]
    del value[place[-1]]
