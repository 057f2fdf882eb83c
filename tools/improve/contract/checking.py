"""JSON value -> Request, or all that is wrong with it at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from improve.contract.combinations import combination_problems, unknown_keys, written_names
from improve.contract.decoding import MAX_DEPTH, depth_over
from improve.contract.fields import RULES
from improve.contract.types import type_problems
from improve.errors import RequestError
from improve.records.problem import Problem, listing, short
from improve.records.request import Limits, Request

_KEYS = written_names(Request)
_LIMITS = written_names(Limits)
_LISTS = ("setup", "agents")
MAX_SHOWN = 40


def check_request(data: object, shown: str = "info.json") -> Request:
    """The request in ``data`` (a parsed JSON value).

    Raises RequestError whose message lists every problem: place, what was found, what is
    allowed, and the cure. A key whose value is null counts as left out.
    """
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise RequestError(
            f"{shown}: the whole is {short(data)}; allowed: one object",
            'begin with { and end with }: {"deterministic": true, "prompt": "...", ...}',
        )
    if depth_over(data, MAX_DEPTH):
        raise RequestError(f"{shown}: nested too deeply", "a request is one flat object")
    given = {key: value for key, value in data.items() if value is not None}
    problems, meant = _key_problems(data)
    known = _prepared(given)
    request, refused = _typed(known)
    # A key that was only misspelt is told once, as misspelt, and not as missing too.
    problems += [p for p in refused if p.where not in meant]
    problems += _field_problems(known)
    problems += combination_problems(known.keys() | meant)
    if problems or request is None:
        raise _refusal(problems, shown)
    return request


def _key_problems(given: Mapping[str, object]) -> tuple[list[Problem], set[str]]:
    problems, meant = unknown_keys(given, _KEYS)
    limits = given.get("limits")
    if isinstance(limits, dict) and all(isinstance(key, str) for key in limits):
        problems += unknown_keys(limits, _LIMITS, "limits.")[0]
    return problems, meant


def _prepared(given: Mapping[str, object]) -> dict[str, object]:
    """Known keys alone, shaped for pydantic's strict mode: tuples for lists, no null limits."""
    known = {key: value for key, value in given.items() if key in _KEYS}
    for key in _LISTS:
        value = known.get(key)
        if isinstance(value, list):
            known[key] = tuple(value)
    limits = known.get("limits")
    if isinstance(limits, dict):
        known["limits"] = {k: v for k, v in limits.items() if k in _LIMITS and v is not None}
    return known


def _typed(known: Mapping[str, object]) -> tuple[Request | None, list[Problem]]:
    # The patterns and lengths of the record are judged by the rules of ``fields``, in their words.
    try:
        return Request.model_validate(known, strict=True), []
    except ValidationError as error:
        ruled = {key for key in RULES if key not in _LISTS and isinstance(known.get(key), str)}
        return None, [p for p in type_problems(error) if p.where not in ruled]


def _field_problems(known: Mapping[str, object]) -> list[Problem]:
    problems: list[Problem | None] = []
    for key, rule in RULES.items():
        value = known.get(key)
        if isinstance(value, str) and key not in _LISTS:
            problems.append(rule(key, value))
        elif isinstance(value, tuple) and key in _LISTS:
            texts = ((i, v) for i, v in enumerate(value) if isinstance(v, str))
            problems += [rule(f"{key}[{i}]", v) for i, v in texts]
            if not value:
                problems.append(Problem(key, "an empty list", "one or more", "leave the key out"))
    return [p for p in problems if p is not None]


def _refusal(problems: list[Problem], shown: str) -> RequestError:
    told = listing(shown, problems[:MAX_SHOWN])
    if len(problems) > MAX_SHOWN:
        told += f"\n  ... and {len(problems) - MAX_SHOWN} more"
    return RequestError(told, f"correct {shown}, then see with `./run.sh --validate`")
