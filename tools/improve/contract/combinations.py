"""Which keys go together, and which keys there are. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import BaseModel

from improve.records.problem import Problem, did_you_mean, short

TARGETS = ("existing-test-path", "url", "raw-logs", "check")
TIMED = ("existing-test-path", "check")  # what "slower-than" can be said of


def written_names(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys as they stand in the file: with hyphens."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def unknown_keys(
    given: Mapping[str, object], known: Collection[str], prefix: str = ""
) -> tuple[list[Problem], set[str]]:
    """The problems of keys that do not exist, and the keys that they were probably meant to be."""
    problems: list[Problem] = []
    meant: set[str] = set()
    for key in given:
        if key in known:
            continue
        guess = did_you_mean(key, known)
        if guess is None:
            cure = "remove it; there is: " + ", ".join(known)
        elif guess in given:
            cure = f'"{guess}" is there as well; remove this one'
        else:
            cure = f'did you mean "{guess}"?'
            meant.add(guess)
        where = f"{prefix}{short(key)[1:-1] if key.strip() else short(key)}"
        problems.append(Problem(where, "an unknown key", "keys of the request", cure))
    return problems, meant


def combination_problems(given: Collection[str]) -> list[Problem]:
    """``given``: the keys that are there and not null."""
    if "url" in given and "raw-logs" in given:
        cure = "keep one of the two: they are two ways to give the same log"
        return [Problem("url, raw-logs", "both", "exactly one of them", cure)]
    if not any(key in given for key in TARGETS):
        cure = 'add e.g. "raw-logs": "ci.log", or "url" with the address of the failed run'
        allowed = "existing-test-path, or exactly one of url and raw-logs, or check"
        return [Problem("url", "none of " + ", ".join(TARGETS), allowed, cure)]
    timed = [key for key in TIMED if key in given]
    if "slower-than" in given and len(timed) != 1:
        found = "both " + " and ".join(TIMED) if timed else "neither " + " nor ".join(TIMED)
        cure = 'name what is timed, e.g. "existing-test-path": "tests/test_speed.py::test_scan"'
        cure = "keep the one that is to be timed" if timed else cure
        return [Problem("slower-than", found, "exactly one of them", cure)]
    return []
