"""An agent's structured answer: JSON that fits a schema, or what is wrong with it.

Models set prose around their JSON, or fence it; that is tolerated. An answer that is missing or
does not fit is a failure, never an empty answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 1 << 20
MOST_STARTS = 200  # an opening brace is a guess; hostile text is full of them


class NoAnswer(ValueError):
    """No JSON object that fits was found; the message says what was wrong with the closest one."""


def read_answer(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The last JSON object in ``text`` that fits ``schema``.

    Raises: NoAnswer.
    """
    closest = "there is no JSON object in it"
    for found in [*_objects(text[-LONGEST:])][::-1]:
        problems = misfits(found, schema)
        if not problems:
            return found
        closest = problems[0]
    raise NoAnswer(f"the answer does not fit its schema: {closest}")


def misfits(value: object, schema: Mapping[str, Any]) -> list[str]:
    """What in ``value`` does not fit ``schema``, each with its place; [] when it fits."""
    import jsonschema  # 0.1 s, and most runs ask no model

    found = jsonschema.Draft202012Validator(dict(schema)).iter_errors(value)
    return [f"{one.json_path}: {one.message}"[:300] for one in found]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at, tries = 0, 0
    while (start := text.find("{", at)) >= 0 and tries < MOST_STARTS:
        tries += 1
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        if isinstance(value, dict):
            yield value
