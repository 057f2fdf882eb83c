"""A request from environment variables: how the inputs of a GitHub workflow become info.json. Pure.

A workflow's inputs are typed by whoever may start it. ``${{ inputs.x }}`` inside a ``run:`` block
becomes program text before any shell can quote it, so each input travels as one environment
variable and is read here, never by a shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from improve.contract.checking import check_request
from improve.contract.decoding import decode_json
from improve.contract.reading import MAX_BYTES
from improve.errors import RequestError
from improve.records.problem import Problem, did_you_mean, listing, short
from improve.records.request import Request

PREFIX = "IMPROVE_INPUT_"
SHOWN = "the request in the workflow's inputs"
# The variable without its prefix -> the key of the request.
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "PROMPT": "prompt",
        "DETERMINISTIC": "deterministic",
        "CI_RUN_URL": "url",
        "RAW_LOGS": "raw-logs",
        "EXISTING_TEST_PATH": "existing-test-path",
        "SLOWER_THAN": "slower-than",
        "BASE": "base",
        "AGENTS": "agents",
        "MINUTES": "limits",
        "NAME": "name",
    }
)
WHOLE = f"{PREFIX}REQUEST"  # one request as JSON: what ``improve decide`` made
LIST = f"{PREFIX}REQUESTS"  # several, as a JSON list
# Commands and other people's repositories are not asked for through a form.
_ALLOWED = frozenset({*KEYS.values(), "commit", "try-first"})
_TRUTH: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})


def request_from_environment(
    environ: Mapping[str, str], repository: PurePath | None = None
) -> tuple[bytes, Request]:
    """``(content of info.json, the request in it)`` from the ``IMPROVE_INPUT_*`` of ``environ``.

    An input that is empty (white space alone) was not given: a form always sends all of them.
    With ``repository`` (absolute) the request names it, and ``RAW_LOGS`` of one line is a path in it.
    Raises: RequestError that lists every problem, as for an info.json written by hand.
    """
    text = environ.get(WHOLE, "")
    given = _whole(text, SHOWN) if text.strip() else _single(environ)
    request = check_request(given, SHOWN)
    if repository is not None:
        if request.raw_logs is not None and "\n" not in request.raw_logs.strip():
            given["raw-logs"] = str(repository / _inside(request.raw_logs.strip()))
        given["repository"] = str(repository)
        request = check_request(given, SHOWN)
    content = json.dumps(given, indent=2).encode() + b"\n"
    if len(content) > MAX_BYTES:
        raise RequestError(
            f"{SHOWN}: {len(content) / 1e6:.1f} MB in all; allowed: {MAX_BYTES / 1e6:.0f} MB",
            "give the run's URL in place of its log, or commit the log and give its path",
        )
    return content, request


def requests_from_environment(environ: Mapping[str, str], most: int) -> list[dict[str, object]]:
    """The request of a form, or each of the list in ``IMPROVE_INPUT_REQUESTS``, checked.

    ``prompt`` and ``deterministic`` of the form are for those of the list that have none.
    Raises: RequestError, also for more than ``most``.
    """
    single, text = _single(environ), environ.get(LIST, "")
    if not text.strip():
        check_request(single, SHOWN)
        return [single]
    listed = decode_json(text.encode("utf-8", "surrogatepass"), f"{SHOWN}: the list")
    more = sorted(set(single) - {"prompt", "deterministic"})
    if not isinstance(listed, list) or not 1 <= len(listed) <= most or more:
        found = f"{more[0]} beside the list" if more else short(listed)
        allowed = f"a list of 1 to {most} requests, and no other failure"
        cure = 'write [{"url": "..."}, {"url": "..."}]'
        raise RequestError(listing(SHOWN, [Problem("requests", found, allowed, cure)]))
    given = [_allowed(one, f"request {at} of the list") for at, one in enumerate(listed, 1)]
    return [_checked({**single, **one}, at) for at, one in enumerate(given, 1)]


def _checked(given: dict[str, object], at: int) -> dict[str, object]:
    check_request(given, f"request {at} of the list")
    return given


def _whole(text: str, shown: str) -> dict[str, object]:
    return _allowed(decode_json(text.encode("utf-8", "surrogatepass"), shown), shown)


def _allowed(value: object, shown: str) -> dict[str, object]:
    if not isinstance(value, dict):
        check_request(value, shown)  # says what is wrong
        raise AssertionError("unreachable")
    foreign = sorted(set(value) - _ALLOWED)
    if foreign:
        there = ", ".join(sorted(_ALLOWED))
        problem = Problem(short(foreign[0])[1:-1], "a key", "one of " + there, "leave it out")
        raise RequestError(listing(shown, [problem]))
    return value


def _single(environ: Mapping[str, str]) -> dict[str, object]:
    given: dict[str, object] = {}
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in (WHOLE, LIST):
            continue
        key = KEYS.get(variable[len(PREFIX) :])
        if key is None:
            raise _unknown(variable)
        if text.strip():
            given[key] = _value(key, text)
    return given


def _value(key: str, text: str) -> object:
    # What does not read as the key's type stays text, and is refused in the contract's own words.
    if key == "deterministic":
        return _TRUTH.get(text.strip(), text)
    if key == "agents":
        return [name for name in text.replace(",", " ").split() if name]
    if key == "limits":
        return {"minutes": _number(text.strip())}
    return text if key in ("prompt", "raw-logs") else text.strip()


def _number(text: str) -> object:
    if len(text) > 20:
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _inside(path: str) -> str:
    # The step that reads logs holds a token in its environment: /proc/self/environ is no log.
    if path[0] in "/~" or ".." in re.split(r"[\\/]", path):
        problem = Problem(
            "raw-logs",
            short(path),
            "the log's text (several lines), or a path inside the repository",
            "write the path relative to the top of the repository, without '..'",
        )
        raise RequestError(listing(SHOWN, [problem]), "correct the input and start again")
    return path


def _unknown(variable: str) -> RequestError:
    name = variable[len(PREFIX) :]
    guess = did_you_mean(name, KEYS)
    cure = f"did you mean {PREFIX}{guess}?" if guess else "there is: " + ", ".join(KEYS)
    return RequestError(f"{SHOWN}: {short(variable)[1:-1]} is no input", cure)
