"""GitHub's published REST description, cut to what the loopback GitHub answers.

It is the loopback's routing table, the source of its answers' many fields (the description's own
examples), and what every answer is held against (``github_honest``).
See tests/resources/github/README.md for where it comes from.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[1] / "resources" / "github" / "openapi.json.gz"
EXAMPLES_ARE_ABOUT = ("octocat/Hello-World", "octo-org/octo-repo", "octo-org/octo-docs")


@dataclass(frozen=True)
class Operation:
    """One method of one path. Schemas are JSON pointers into the description; '' means no body."""

    name: str  # operationId
    method: str
    path: re.Pattern[str]
    answers: Mapping[int, str]  # status -> pointer
    queries: frozenset[str]
    takes: str  # pointer to the schema of the request's body


@cache
def description() -> dict[str, Any]:
    """The whole slice, as it was published."""
    made: dict[str, Any] = json.loads(gzip.decompress(PLACE.read_bytes()))
    return made


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation; those whose path says more literally go first."""
    found = list(_operations())
    return tuple(sorted(found, key=lambda one: one.path.pattern.count("(?P<")))


def _operations() -> Iterator[Operation]:
    for path, methods in description()["paths"].items():
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
        for method, told in methods.items():
            start = f"/paths/{path.replace('/', '~1')}/{method}"
            answers = {
                int(status): _schema(f"{start}/responses/{status}") for status in told["responses"]
            }
            listed = [
                _at(one["$ref"]) if "$ref" in one else one for one in told.get("parameters", [])
            ]
            queries = frozenset(one["name"] for one in listed if one["in"] == "query")
            takes = _schema(f"{start}/requestBody") if "requestBody" in told else ""
            name = told["operationId"]
            yield Operation(name, method.upper(), pattern, answers, queries, takes)


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request means, with the parts of its path; None: not in the slice."""
    for one in operations():
        match = one.path.fullmatch(path) if one.method == method else None
        if match:
            return one, match.groupdict()
    return None


def example(name: str, status: int, repository: str, *instead: tuple[object, object]) -> Any:
    """The description's own example of an answer, told about ``repository``.

    Each of ``instead`` is (what the example says, what to say instead), e.g. ``(30433642, 7)``.
    """
    text = _example_text(name, status)
    for about in EXAMPLES_ARE_ABOUT:
        text = text.replace(about, repository)
    for before, after in instead:
        text = text.replace(str(before), str(after))
    return json.loads(text)


@cache
def _example_text(name: str, status: int) -> str:
    (one,) = (one for one in operations() if one.name == name)
    media = _at("#" + one.answers[status].removesuffix("/schema"))
    first = next(iter(media["examples"].values()))
    return json.dumps((_at(first["$ref"]) if "$ref" in first else first)["value"])


def _schema(pointer: str) -> str:
    part = _at("#" + pointer)
    if "$ref" in part:
        pointer, part = part["$ref"].removeprefix("#"), _at(part["$ref"])
    has = "schema" in part.get("content", {}).get("application/json", {})
    return f"{pointer}/content/application~1json/schema" if has else ""


def _at(reference: str) -> Any:
    part: Any = description()
    for key in reference.removeprefix("#/").split("/"):
        part = part[key.replace("~1", "/").replace("~0", "~")]
    return part
