"""Holds what the loopback GitHub says, and what it is asked, against the published description.

Stricter than JSON Schema needs: a field that the description does not list is a problem too (it
would let code pass that reads what GitHub never sends), and dates must be dates. Only ``./run.sh
--demo github``, which has none of the packages for tests, goes unchecked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.support.github_published import Operation, description

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from referencing import Registry

HOME = "urn:github"
CHECKED = find_spec("jsonschema") is not None
ERROR = "/components/schemas/basic-error"
# What GitHub says although the description of the operation does not list it. 404: also a job without
# a log, whose runner was lost; 410: also a log that has expired.
UNLISTED: Mapping[int, str] = {
    401: "https://docs.github.com/rest/authentication/authenticating-to-the-rest-api",
    403: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
    404: "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api",
    410: "https://github.com/rust-lang/triagebot/issues/2241",
    429: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
    500: "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api",
    502: "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api",
    503: "https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api",
}


class Dishonest(AssertionError):
    """The loopback GitHub said, or was asked, what the published description does not allow."""


def answer_problems(operation: Operation, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; each with its operation, JSON path and what was expected."""
    where = f"{operation.method} {operation.name} -> {status}"
    pointer = operation.answers.get(status)
    if pointer is None and status not in UNLISTED:
        return [f"{where}: such a status is not described; described: {sorted(operation.answers)}"]
    if pointer == "":
        return [] if body is None else [f"{where}: expected no JSON, got {_short(body)}"]
    return _problems(where, pointer or ERROR, body)


def request_problems(operation: Operation, query: Mapping[str, str], body: Any) -> list[str]:
    """What is wrong with a request."""
    where = f"{operation.method} {operation.name} <-"
    strange = sorted(set(query) - operation.queries)
    found = [f"{where}: there is no query parameter {name!r}" for name in strange]
    if body is not None and not operation.takes:
        return [*found, f"{where}: it takes no body, got {_short(body)}"]
    return found + (_problems(where, operation.takes, body) if body is not None else [])


def _problems(where: str, pointer: str, body: Any) -> list[str]:
    if not CHECKED:
        return []
    from jsonschema.exceptions import best_match

    # Of "valid under none of these" only the alternative that was nearly met is of use.
    found = [best_match([error]) for error in _checker(pointer).iter_errors(body)]
    return [
        f"{where} at {one.json_path}: {one.message[:300]} ({one.validator}: "
        f"{_short(one.validator_value)})"
        for one in found
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


@cache
def _checker(pointer: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    dates = FormatChecker(())
    dates.checks("date-time", ValueError)(_is_date)
    schema = {"$ref": f"{HOME}#{pointer}"}
    return Draft202012Validator(schema, registry=_registry(), format_checker=dates)


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value.replace("Z", "+00:00")))


@cache
def _registry() -> Registry[Any]:
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resource = Resource.from_contents(_strict(description()), DRAFT202012)
    made: Registry[Any] = Registry().with_resource(HOME, resource)
    return made


def _strict(part: Any, may_close: bool = True) -> Any:
    """OpenAPI 3.0 as JSON Schema: ``nullable`` said otherwise, and objects without other fields."""
    if isinstance(part, list):
        return [_strict(one, may_close) for one in part]
    if not isinstance(part, dict):
        return part
    made = {
        key: value if key in ("example", "examples") else _strict(value, key != "allOf")
        for key, value in part.items()
    }
    together = {"allOf", "anyOf", "oneOf"} & set(part)
    if may_close and "properties" in part and part.get("type") == "object" and not together:
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", None) is not True:
        return made
    if isinstance(made.get("type"), str) and not together:
        enum = {"enum": [*made["enum"], None]} if "enum" in made else {}
        return {**made, **enum, "type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}
