"""Words that keep a linter or a type checker from speaking: it is passed without anything being repaired. Pure.

Where a command is the check, it may be that linter. A test is not passed by such a word, and every third
honest repair that the guard refused in the histories of ten public projects was refused for one: there it
is left to who reviews the draft. What was there before, and only moved to another file of the change, is
not held against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from improve.guard.habits import Habit
from improve.guard.wording import NO_CODE

RULE = "silences the linter"
LINE_CAP = 2000
PATTERN = re.compile(
    r"#\s?(?:noqa|nosec|type:\s?ignore|pyright:|mypy:\s?(?:ignore|disable|allow)|ruff:\s?noqa|flake8:\s?noqa"
    r"|pylint:\s?(?:disable|skip)|pyre-(?:ignore|fixme)|pytype:|fmt:\s?(?:off|skip)|isort:\s?skip|yapf:\s?disable"
    r"|rubocop:(?:disable|todo)|standard:disable|shellcheck disable=|credo:disable|yamllint disable"
    r"|nosemgrep|ty:\s?ignore)"
    r"|\beslint-disable|\bbiome-ignore|\bprettier-ignore|\boxlint-disable|\bstylelint-disable|\btslint:disable"
    r"|\bjshint ignore|@ts-(?:ignore|nocheck|expect-error)|\$FlowFixMe|@flow-ignore|\bdeno-(?:lint|fmt)-ignore"
    r"|//\s?(?:nolint|lint:ignore|nosec|NOLINT|noinspection|nosemgrep|swiftlint:disable|ktlint-disable|dprint-ignore)"
    r"|\bNOSONAR\b|CHECKSTYLE[.:]?\s?OFF|#!?\[(?:cfg_attr\(.{1,80}, ?)?(?:allow|expect)\(|@Suppress(?:Warnings|Lint)?\b"
    r"|@nowarn\b|@(?:phpstan-ignore|psalm-suppress)|phpcs:(?:ignore|disable)|#pragma warning\s?\(?\s?disable"
    r"|#pragma (?:GCC|clang) diagnostic ignored|\bSuppressMessage\(|#nullable disable|luacheck:\s?ignore"
    r"|-Wno-[a-z]|@dialyzer\b",
)


def new_silences(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, Habit]]:
    """(path, what and where) of those that ``after`` has more of than ``before``, all files together."""
    had = [text for _, text in _lines(before)]
    has = list(_lines(after))
    if sum(map(_times, had)) >= sum(_times(text) for _, text in has):
        return []
    left = list(had)
    found = []
    for (path, number), text in has:
        if not _times(text):
            continue
        if text in left:
            left.remove(text)
        else:
            found.append((path, Habit(RULE, text[:120], number)))
    return found


def _times(text: str) -> int:
    return len(PATTERN.findall(text))


def _lines(texts: Mapping[str, str]) -> list[tuple[tuple[str, int], str]]:
    """((path, number), text with single blanks) of the lines of code that hold such a word."""
    return [
        ((path, number), line)
        for path, text in texts.items()
        if not path.endswith(NO_CODE)
        for number, raw in enumerate(text.splitlines(), start=1)
        if PATTERN.search(line := " ".join(raw[:LINE_CAP].split()))
    ]
