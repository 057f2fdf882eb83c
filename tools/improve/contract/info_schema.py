"""The JSON Schema of info.json: what editors complete and check by ``"$schema"``. Pure."""

from __future__ import annotations

from typing import Any

from improve.contract.combinations import TARGETS, TIMED
from improve.records.request import RUNGS, SETTINGS, Request

JsonObject = dict[str, Any]

_EXAMPLES: dict[str, list[object]] = {
    "$schema": ["tools/improve/schemas/info.schema.json"],
    "deterministic": [True],
    "prompt": ["test_gather times out since this morning; find out why and fix it."],
    "url": ["https://github.com/owner/repo/actions/runs/123456/job/654321"],
    "raw-logs": ["ci.log"],
    "existing-test-path": ["tests/test_gather.py::test_gather_of_full_chunks"],
    "name": ["timeout-in-datamovement"],
    "repository": ["../my-project"],
    "commit": ["0123456789abcdef0123456789abcdef01234567"],
    "base": ["main"],
    "setup": [["pip install -e ."]],
    "check": ["make build"],
    "slower-than": ["v1.4.0", "0123456789abcdef0123456789abcdef01234567"],
    "try-first": ["thread-noise"],
    "network": [True],
    "agents": [["embedded", "manual"]],
    "limits": [{"minutes": 23, "attempts": 4}],
}
_PATTERNS = {
    "prompt": r"\S",
    "raw-logs": r"\S",
    "check": r"\S",
    "existing-test-path": r"^[^-@/~\s]",
    "slower-than": r"^[^-\s]",
    "url": r"^https://[^/\s]+/[^/\s]+/[^/\s]+/actions/runs/[0-9]+",
}


def info_schema() -> JsonObject:
    """The schema; whatever ``check_request`` takes, it takes too (a test compares them)."""
    schema: JsonObject = Request.model_json_schema(by_alias=True)
    keys: JsonObject = schema["properties"]
    for key, described in keys.items():
        described["title"] = key
        described["examples"] = _EXAMPLES[key]
        if key in _PATTERNS:
            _text_of(described)["pattern"] = _PATTERNS[key]
    keys["$schema"]["description"] = "Where this schema lies; editors complete the file by it."
    keys["limits"] = _nullable(keys["limits"], "Hard limits of one run.")
    for name, described in schema["$defs"]["Limits"]["properties"].items():
        described["title"] = name
        if "anyOf" not in described:
            schema["$defs"]["Limits"]["properties"][name] = _nullable(described)
    for key in ("agents", "setup"):
        keys[key]["minItems"] = 1
        keys[key] = _nullable(keys[key])
        keys[key]["anyOf"][0].pop("default", None)
    _text_of(keys["try-first"])["enum"] = list(SETTINGS)
    _text_items(keys["agents"])["enum"] = list(RUNGS)
    _text_items(keys["setup"])["pattern"] = r"\S"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "info.json: a request",
        "description": "What failed and what you would like. Keys that are null count as left out.",
        **{k: v for k, v in schema.items() if k not in ("title", "description")},
        **_combinations(),
    }


def _combinations() -> JsonObject:
    """One target is needed; the log is given once. Written so that editors say which half fails."""
    return {
        "anyOf": [_given(key) for key in TARGETS],
        "if": _given("url"),
        "then": {"properties": {"raw-logs": {"type": "null"}}},
        "allOf": [{"if": _given("slower-than"), "then": {"oneOf": [_given(key) for key in TIMED]}}],
    }


def _given(key: str) -> JsonObject:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _nullable(described: JsonObject, description: str = "") -> JsonObject:
    outer: JsonObject = {
        k: described[k] for k in ("title", "description", "examples") if k in described
    }
    inner = {k: v for k, v in described.items() if k not in (*outer, "default")}
    default = {"default": described["default"]} if described.get("default") else {}
    if description:
        outer["description"] = description
    return {**outer, **default, "anyOf": [inner, {"type": "null"}]}


def _text_of(described: JsonObject) -> JsonObject:
    """The part of ``described`` that speaks of the text (the other one is null)."""
    inner: JsonObject = described["anyOf"][0] if "anyOf" in described else described
    return inner


def _text_items(described: JsonObject) -> JsonObject:
    items: JsonObject = described["anyOf"][0]["items"]
    return items
