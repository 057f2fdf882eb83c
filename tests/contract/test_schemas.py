"""The shipped schemas are fresh, and the one for info.json agrees with the checks."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.malformed_requests import MALFORMED, RUN

from improve.contract import check_request, decode_json, load_request
from improve.contract.schemas import FOLDER, schema_texts
from improve.errors import RequestError
from improve.records import ARTIFACTS, Publication

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = [TOP / "info.json", *sorted(TOP.glob("examples/*/info.json"))]
CHECKER = jsonschema.Draft202012Validator(json.loads(schema_texts()["info.schema.json"]))


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_shipped_schema_is_fresh(name: str) -> None:
    shipped = (FOLDER / name).read_text(encoding="utf-8")
    assert shipped == schema_texts()[name], "run: python -m improve.contract.schemas"


def test_there_is_one_schema_for_each_artifact_and_no_stale_one() -> None:
    expected = {"info.schema.json", *(f"{a.schema_name}.schema.json" for a in ARTIFACTS)}
    assert {path.name for path in FOLDER.glob("*.json")} == expected


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_texts()[name]))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_shipped_request_is_good_and_complete(path: Path) -> None:
    request = load_request(path)
    CHECKER.validate(json.loads(path.read_text(encoding="utf-8")))
    logs = request.raw_logs and (path.parent / request.raw_logs).is_file()
    assert request.url or logs or request.slower_than
    assert request.repository and (path.parent / request.repository / "pyproject.toml").is_file()
    assert request.json_schema and (path.parent / request.json_schema).resolve().is_file()


def test_every_key_is_described_for_editors() -> None:
    properties = CHECKER.schema["properties"]
    bare = [k for k, v in properties.items() if not (v.get("description") and v.get("examples"))]
    assert not bare
    assert CHECKER.schema["additionalProperties"] is False


# What a schema cannot say: rules on paths, branches, characters, addresses beyond their form.
BEYOND = (
    "test path",
    "base",
    "repository",
    "escape",
    "surrogate",
    "address as raw-logs",
    "check with",
)
SHAPED = [
    case
    for case in MALFORMED
    if case.data.startswith(b"{")
    and not case.name.startswith(BEYOND)
    and "surrogate" not in case.name
]


@pytest.mark.parametrize("case", SHAPED, ids=lambda case: case.name)
def test_schema_refuses_the_malformed_too(case: object) -> None:
    data, name = case.data, case.name  # type: ignore[attr-defined]
    try:
        value = decode_json(data)
    except RequestError:
        return  # not JSON: an editor says so by itself
    if name in ("run id is no number", "credentials in the url"):
        return
    assert not CHECKER.is_valid(value), f"{name}: {value}"


TEXTS = st.sampled_from(["", " ", "a", "ci.log", RUN, "tests/test_a.py", "embedded", "-x", "main"])
NUMBERS = st.sampled_from([None, True, 0, 1, 0.7, 5, 2000, "5"])
REQUESTS = st.fixed_dictionaries(
    {"deterministic": st.sampled_from([True, False, "true", 1]), "prompt": TEXTS},
    optional={
        **dict.fromkeys(("url", "raw-logs", "existing-test-path", "check"), TEXTS | st.none()),
        **dict.fromkeys(
            ("name", "base", "repository", "$schema", "raw_logs", "slower-than"), TEXTS | st.none()
        ),
        "agents": st.lists(TEXTS, max_size=2) | st.none(),
        "limits": st.dictionaries(st.sampled_from(["minutes", "usd", "attempts", "x"]), NUMBERS),
    },
)


@given(REQUESTS)
@settings(max_examples=400, deadline=None)
def test_schema_takes_whatever_the_checks_take(value: dict[str, object]) -> None:
    try:
        check_request(value)
    except RequestError:
        return
    CHECKER.validate(value)


def test_written_artifact_fits_its_schema() -> None:
    artifact = Publication(outcome="created", title="fix: gather")
    schema = json.loads(schema_texts()["publish.schema.json"])
    jsonschema.validate(json.loads(artifact.model_dump_json(by_alias=True)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "fix", "version": 1, "outcome": "created"}, schema)
