"""File, environment, request and flags -> Settings, each value knowing its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from improve.errors import RequestError
from improve.records.problem import Problem, did_you_mean, listing, short
from improve.records.request import Request
from improve.settings.declared import DECLARED, Declaration, Setting, Settings, Source
from improve.settings.yaml_file import read_settings_text

MAX_BYTES = 256_000
_BY_NAME = {declared.name: declared for declared in DECLARED}
_PREFIX = "IMPROVE_"
_ENDINGS = {declared.variable.removeprefix(_PREFIX) for declared in DECLARED}


class _Given(NamedTuple):
    declared: Declaration
    where: str
    source: Source
    raw: object


def load_settings(
    path: Path,
    environment: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    request: Request | None = None,
) -> Settings:
    """The settings, with the file at ``path`` if there is one. Raises RequestError."""
    if not path.exists():
        return resolve_settings("", environment, flags, request)
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise RequestError(f"{path.name}: is no file of sensible size", "remove it: it is optional")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise RequestError(f"{path.name}: cannot be read: {reason}", "save it as UTF-8") from None
    return resolve_settings(text, environment, flags, request, path.name)


def resolve_settings(
    text: str,
    environment: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    request: Request | None = None,
    shown: str = "improve.yaml",
) -> Settings:
    """Default < file < environment < request < flag; every problem is told at once. Pure.

    ``flags``: setting name (with hyphens) -> text or value; None means not given.
    """
    problems: list[Problem] = []
    values: dict[str, Setting[Any]] = {}
    given = [*_of_file(text, shown, problems), *_of_environment(environment)]
    given += [*_of_request(request), *_of_flags(flags or {}, problems)]
    for declared, where, source, raw in given:
        try:
            values[declared.attribute] = Setting(declared.kind.read(raw), source)
        except ValueError:
            cure = f"write e.g. {declared.example}, or leave it out"
            problems.append(Problem(where, short(raw), declared.kind.allowed, cure))
    if problems:
        raise RequestError(listing("the settings", problems))
    return Settings(**values, notes=_notes(environment))


def _of_file(text: str, shown: str, problems: list[Problem]) -> Iterator[_Given]:
    for name, (value, line) in read_settings_text(text, shown).items():
        where = f"{shown} line {line}: {short(name)[1:-1]}"
        declared = _BY_NAME.get(name)
        if declared is None:
            problems.append(_unknown(where, name))
        elif value is not None:  # a name without a value is left at its default
            yield _Given(declared, where, "file", value)


def _of_environment(environment: Mapping[str, str]) -> Iterator[_Given]:
    for declared in DECLARED:
        text = environment.get(declared.variable, "")
        if text:
            yield _Given(declared, declared.variable, "environment", declared.kind.parse(text))


def _of_request(request: Request | None) -> Iterator[_Given]:
    if request is not None and request.agents:
        yield _Given(_BY_NAME["ladder"], "agents", "request", request.agents)
    if request is not None and request.network:
        yield _Given(_BY_NAME["sandbox-network"], "network", "request", True)


def _of_flags(flags: Mapping[str, object], problems: list[Problem]) -> Iterator[_Given]:
    for name, value in flags.items():
        declared = _BY_NAME.get(name)
        if declared is None:
            problems.append(_unknown(f"--{short(name)[1:-1]}", name))
        elif value is not None:
            raw = declared.kind.parse(value) if isinstance(value, str) else value
            yield _Given(declared, f"--{name}", "flag", raw)


def _unknown(where: str, name: str) -> Problem:
    guess = did_you_mean(name, _BY_NAME)
    cure = f'did you mean "{guess}"?' if guess else "remove it; there is: " + ", ".join(_BY_NAME)
    return Problem(where, "an unknown setting", "the names in the improve.yaml shipped", cure)


def _notes(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that look like a setting and are none: a note, since they may be another tool's."""
    notes = []
    for variable in sorted(environment):
        ending = variable.removeprefix(_PREFIX)
        if ending != variable and ending not in _ENDINGS:
            guess = did_you_mean(ending, _ENDINGS)
            if guess:
                shown = short(variable)[1:-1]
                notes.append(f"{shown} is no setting; did you mean {_PREFIX}{guess}?")
    return tuple(notes)
