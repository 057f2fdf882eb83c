"""The types and ranges of ``records.request``, told in our words instead of pydantic's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from improve.records.problem import Problem, short
from improve.records.request import Limits

_CURES: Mapping[str, str] = MappingProxyType(
    {
        "deterministic": "write true (it fails every time) or false (now and then), without quotes",
        "network": "write true (tests may use the network) or false, without quotes",
        "setup": 'write a list, e.g. ["pip install -e ."]',
        "agents": 'write a list, e.g. ["embedded", "manual"]',
        "limits": 'write an object, e.g. {"minutes": 23}',
        "limits.minutes": "write e.g. 23, or leave it out",
        "limits.usd": "write e.g. 2.5, or leave it out",
        "limits.tokens": "write e.g. 2000000, or leave it out",
        "limits.attempts": "write e.g. 4, or leave it out",
        "limits.confidence": "write e.g. 0.999, or leave it out",
    }
)
_SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "deterministic": "true or false",
        "network": "true or false",
        "setup": "a list of commands",
        "agents": "a list of agents",
        "limits": "an object with minutes, usd, tokens, attempts, confidence",
    }
)


def type_problems(error: ValidationError) -> list[Problem]:
    """One Problem for each key that pydantic refused."""
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False):
        where = place(detail["loc"])
        found.setdefault(where, _problem(where, detail))
    return list(found.values())


def place(steps: tuple[int | str, ...]) -> str:
    """('setup', 1) -> 'setup[1]'; ('limits', 'usd') -> 'limits.usd'."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def _problem(where: str, detail: ErrorDetails) -> Problem:
    allowed = _SHAPES.get(where) or _range_of(where) or "text in double quotes"
    if detail["type"] == "missing":
        return Problem(where, "nothing: it is required", allowed, _CURES.get(where, "add it"))
    cure = _CURES.get(where, "put it into double quotes")
    if detail["type"] == "string_unicode":
        return Problem(where, "half a surrogate pair", "Unicode text", "remove the \\ud... escape")
    return Problem(where, short(detail["input"]), allowed, cure)


def _range_of(where: str) -> str | None:
    head, _, name = where.partition(".")
    return (
        allowed_number(Limits, name) if head == "limits" and name in Limits.model_fields else None
    )


def allowed_number(model: type[BaseModel], name: str) -> str:
    """'a number above 0, at most 1440', from the limits that the record itself declares."""
    field = model.model_fields[name]
    words = ["a whole number" if field.annotation is int else "a number"]
    bounds: list[str] = []
    for phrase, attribute in (
        ("above", "gt"),
        ("from", "ge"),
        ("at most", "le"),
        ("below", "lt"),
    ):
        bounds += [
            f"{phrase} {getattr(rule, attribute):g}"
            for rule in field.metadata
            if getattr(rule, attribute, None) is not None
        ]
    return " ".join([*words, ", ".join(bounds)]).strip()
