"""What a setting's value may be: how it is read from YAML and from the text of a variable. Pure."""

from __future__ import annotations

import math
import re
import shlex
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from improve.records.request import RUNGS

T = TypeVar("T")
SANDBOXES = ("auto", "require", "off", "bubblewrap", "bubblewrap-root", "landlock")
_REVIEWER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """``read`` takes a parsed value and raises ValueError; ``parse`` makes one out of text."""

    allowed: str
    read: Callable[[object], T]
    parse: Callable[[str], object]


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError("no list")
    for word in value:
        _text(word)
    return tuple(value)


def _labels(value: object) -> tuple[str, ...]:
    # https://docs.github.com/rest/issues/labels: GitHub refuses longer names.
    names = _words(value)
    if len(names) > 20 or any(len(name) > 50 or "," in name for name in names):
        raise ValueError("no labels")
    return names


def _reviewers(value: object) -> tuple[str, ...]:
    names = _words(value)
    if len(names) > 15 or not all(_REVIEWER.fullmatch(name) for name in names):
        raise ValueError("no reviewers")
    return names


def _agents(value: object) -> tuple[str, ...]:
    names = _words(value)
    if not names or not set(names) <= set(RUNGS):
        raise ValueError("unknown agent")
    return names


def _command(value: object) -> tuple[str, ...]:
    # One string would need a shell to be taken apart; there is none on this way. A single word is
    # the program, or the name of a ready-made setting.
    single = isinstance(value, str) and value and not any(sign.isspace() for sign in value)
    words = _words((value,) if single else value)
    if not words:
        raise ValueError("no command")
    return words


FORGE_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def _variables(value: object) -> tuple[str, ...]:
    names = _words(value)
    # What publishes is never an agent's.
    if any(not name.isidentifier() or name.upper() in FORGE_TOKENS for name in names):
        raise ValueError("no variable for an agent")
    return names


def _minutes(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("no number")
    if not 0 < value <= 24 * 60 or math.isnan(value):
        raise ValueError("out of range")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("no whole number")
    if not 1 <= value <= 1_000_000:
        raise ValueError("out of range")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        raise ValueError("no text")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError("control characters")
    return value


def one_of(*words: str) -> Kind[str]:
    """One word out of a few."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError("not one of them")
        return str(value)

    return Kind("one of " + ", ".join(words), read, lambda text: text.strip().lower())


def _sandbox(value: object) -> str:
    word = "off" if value is False else value  # YAML 1.1 reads a bare `off` as false
    if not isinstance(word, str) or word not in SANDBOXES:
        raise ValueError("no such sandbox")
    return word


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _parse_minutes(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _parse_whole(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text


def _parse_truth(text: str) -> object:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(text.strip().lower(), text)


def _parse_list(text: str) -> object:
    return [word.strip() for word in text.split(",") if word.strip()]


def _parse_command(text: str) -> object:
    try:
        return shlex.split(text)
    except ValueError:  # an open quote
        return text


AGENTS: Kind[tuple[str, ...]] = Kind("a list out of " + ", ".join(RUNGS), _agents, _parse_list)
COMMAND: Kind[tuple[str, ...]] = Kind(
    "a name, or a list: the program and its arguments", _command, _parse_command
)
VARIABLES: Kind[tuple[str, ...]] = Kind(
    "a list of names of variables, without tokens of the forge", _variables, _parse_list
)
LABELS: Kind[tuple[str, ...]] = Kind("a list of at most 20 labels", _labels, _parse_list)
REVIEWERS: Kind[tuple[str, ...]] = Kind(
    "a list of at most 15 users or organisation/team", _reviewers, _parse_list
)
GLOBS: Kind[tuple[str, ...]] = Kind("a list of file patterns", _words, _parse_list)
MINUTES: Kind[float] = Kind("a number of minutes above 0, at most 1440", _minutes, _parse_minutes)
PATHS: Kind[tuple[str, ...]] = Kind("a list of absolute paths", _words, _parse_list)
SANDBOX: Kind[str] = Kind("one of " + ", ".join(SANDBOXES), _sandbox, str)
TEXT: Kind[str] = Kind("a path or a name, on one line", _text, str)
TRUTH: Kind[bool] = Kind("true or false", _truth, _parse_truth)
WHOLE: Kind[int] = Kind("a whole number from 1 to 1000000", _whole, _parse_whole)
