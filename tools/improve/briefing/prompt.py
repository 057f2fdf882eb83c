"""A prompt: its file, filled in with what fits the team's budget of tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from improve.briefing.fit import Part, fit, tokens
from improve.context import Context
from improve.evidence import redact
from improve.prompts import render

SCHEMA = "answer.schema.json"


def brief(
    context: Context, template: str, parts: Sequence[Part], values: Mapping[str, object]
) -> str:
    """The prompt file ``template`` of the toolkit with ``values`` and as much of ``parts`` as fits.

    What looks like a secret is taken out of all of it: source files and what users say hold some.

    Raises: ImproveError when the file names a value that is not given.
    """
    budget = int(str(context.options["prompt-tokens"]))
    path = context.toolkit / template
    bare = render(path, {**values, "context": fit((), 0)})
    return redact(render(path, {**values, "context": fit(parts, budget - tokens(bare))}))


def answer_schema(context: Context, template: str) -> dict[str, Any]:
    """The schema that lies beside a prompt file."""
    path = (context.toolkit / template).with_name(SCHEMA)
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found
