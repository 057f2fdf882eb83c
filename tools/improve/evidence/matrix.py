"""Which cell of its matrix a job was, read from its name and from the workflow file. Pure.

GitHub's answers hold no matrix. Without a ``name`` of its own a job is called ``test (3.11, ubuntu)``:
its id and the values, in the order in which the workflow file gives the keys.
https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

_VALUES = re.compile(r"(.{1,200}?) \(([^()]{1,200})\)$")
_KEY = re.compile(r"\s{0,20}matrix\.([\w-]{1,60})\s{0,20}$")
_SIZE = 400_000
_MOST = 1000  # tries at laying a name over its template

Keys = dict[str, list[str]]


def matrix_of(job: str, workflow: str | None) -> dict[str, str]:
    """Key -> value for the job of this name; {} when the name shows no values.

    ``workflow`` is the text of the file that defines it, None where it cannot be read. Where that
    does not tell the keys, they are the places: '1', '2', ...
    """
    name = job.rpartition(" / ")[2]  # the job of a reusable workflow: 'caller / called (3.11)'
    found = _VALUES.match(name)
    values = found[2].split(", ") if found else []
    for key, body in _jobs(workflow).items():
        told = _template(body)
        keys = _keys(body)
        if told is not None and "${{" in told:
            laid = _lay(_parts(told), name, keys, [_MOST])
            if laid:
                return laid
        elif found and keys and found[1] in (key, told):
            named = _assign(values, keys)
            if named:
                return named
    return {str(place): value for place, value in enumerate(values, 1)}


def _jobs(workflow: str | None) -> Mapping[str, Any]:
    if not workflow or len(workflow) > _SIZE or workflow.count("&") > 200:
        return {}
    try:
        loaded = yaml.safe_load(workflow)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    jobs = loaded.get("jobs") if isinstance(loaded, dict) else None
    return {str(key): body for key, body in jobs.items()} if isinstance(jobs, dict) else {}


def _template(body: object) -> str | None:
    name = body.get("name") if isinstance(body, dict) else None
    # Never str() of anything: an alias of aliases would be written out.
    return str(name)[:400] if isinstance(name, (str, int, float)) else None


def _keys(body: object) -> Keys:
    """The matrix's keys with the values that the file gives them; of an expression there are none."""
    strategy = body.get("strategy") if isinstance(body, dict) else None
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if not isinstance(matrix, dict):
        return {}
    keys: Keys = {}
    for key, values in matrix.items():
        if key not in ("include", "exclude"):
            keys[str(key)] = _texts(values) if isinstance(values, list) else []
    include = matrix.get("include")
    for entry in include if isinstance(include, list) else []:
        for key, value in entry.items() if isinstance(entry, dict) else ():
            keys.setdefault(str(key), []).extend(_texts([value]))
    return keys


def _texts(values: Iterable[object]) -> list[str]:
    """Scalars as GitHub writes them into a name: ``true``, and 3.1 for an unquoted 3.10."""
    shown = (str(one).lower() if isinstance(one, bool) else str(one) for one in values
             if isinstance(one, (str, int, float)))  # fmt: skip
    return list(dict.fromkeys(shown))


def _assign(values: list[str], keys: Keys) -> dict[str, str]:
    """By order where every value fits its key (an ``include`` may leave keys out); else nothing."""
    assigned: dict[str, str] = {}
    left = list(keys.items())
    for value in values:
        while left and left[0][1] and value not in left[0][1]:
            left.pop(0)
        if not left:
            return {}
        assigned[left.pop(0)[0]] = value
    return assigned


def _parts(template: str) -> list[str]:
    """Text, expression, text, expression, ..., text."""
    text, *rest = template.split("${{")
    parts = [text]
    for one in rest:
        expression, _, after = one.partition("}}")
        parts += [expression, after]
    return parts


def _lay(parts: list[str], name: str, keys: Keys, tries: list[int]) -> dict[str, str] | None:
    """The values with which the template makes exactly this name."""
    tries[0] -= 1
    if tries[0] < 0 or not name.startswith(parts[0]):
        return None
    name = name[len(parts[0]) :]
    if len(parts) == 1:
        return None if name else {}
    found = _KEY.match(parts[1])
    for value in keys.get(found[1], []) if found else []:
        if name.startswith(value):
            rest = _lay(parts[2:], name[len(value) :], keys, tries)
            if rest is not None and found:
                return {found[1]: value, **rest}
    return None
