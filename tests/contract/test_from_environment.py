"""Workflow inputs as a request: the same contract, the same errors, whatever is typed."""

from __future__ import annotations

import json
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.hostile_inputs import HOSTILE

from improve.contract import check_request, decode_json
from improve.contract.from_environment import (
    KEYS,
    LIST,
    PREFIX,
    WHOLE,
    request_from_environment,
    requests_from_environment,
)
from improve.errors import RequestError

GOOD = {"PROMPT": "it fails", "DETERMINISTIC": "true", "EXISTING_TEST_PATH": "tests/test_a.py"}


def made(repository: str = "", **inputs: str) -> dict[str, object]:
    environ = {f"{PREFIX}{name}": text for name, text in {**GOOD, **inputs}.items()}
    place = PurePath(repository) if repository else None
    content, request = request_from_environment({"PATH": "/bin", **environ}, place)
    value = json.loads(content)
    assert check_request(decode_json(content)) == request
    assert isinstance(value, dict)
    return value


def refused(repository: str = "", **inputs: str) -> str:
    with pytest.raises(RequestError) as caught:
        made(repository, **inputs)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_texts_become_typed_values_and_empty_inputs_are_left_out() -> None:
    assert made(CI_RUN_URL="", RAW_LOGS="  \n", BASE="main", AGENTS="embedded, manual", MINUTES="5") == {
        "deterministic": True,
        "prompt": "it fails",
        "existing-test-path": "tests/test_a.py",
        "base": "main",
        "agents": ["embedded", "manual"],
        "limits": {"minutes": 5.0},
    }  # fmt: skip
    assert made(DETERMINISTIC="false")["deterministic"] is False
    assert made(SLOWER_THAN=" v1.4.0 ")["slower-than"] == "v1.4.0"


def test_a_log_may_be_text_of_several_lines_or_a_path_inside_the_repository() -> None:
    assert made("/repo", RAW_LOGS="FAILED a.py::b\nE assert 1")["raw-logs"].startswith("FAILED")  # type: ignore[attr-defined]
    value = made("/repo", RAW_LOGS="logs/ci.log")
    assert (value["raw-logs"], value["repository"]) == ("/repo/logs/ci.log", "/repo")
    for outside in ("/proc/self/environ", "../x", "~/.config/gh/hosts.yml", "a/../../x"):
        assert "inside the repository" in refused("/repo", RAW_LOGS=outside)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"DETERMINISTIC": "yes"}, 'deterministic: found "yes"; allowed: true or false'),
        ({"DETERMINISTIC": ""}, "deterministic: found nothing"),
        ({"PROMPT": " "}, "prompt: found nothing"),
        ({"MINUTES": "soon"}, 'limits.minutes: found "soon"'),
        ({"MINUTES": "nan"}, "limits.minutes"),
        ({"MINUTES": "-1"}, "limits.minutes"),
        ({"AGENTS": "embeded"}, 'did you mean "embedded"?'),
        ({"CI_RUN_URL": "https://example.com/x"}, "url: found"),
        ({"EXISTING_TEST_PATH": "-pplugin"}, "existing-test-path"),
        ({"BASE": "a..b"}, "base: found"),
        ({"SLOWER_THAN": "--help"}, "slower-than: found"),
        ({"SLOWER_THAN": "v1", "EXISTING_TEST_PATH": "", "RAW_LOGS": "a\nb"}, "slower-than: found neither"),
        ({"RAW_LOGS": "a\nb", "CI_RUN_URL": "https://github.com/a/b/actions/runs/1"}, "url, raw-logs"),
        ({"PROMTP": "x"}, "did you mean IMPROVE_INPUT_PROMPT?"),
    ],
)  # fmt: skip
def test_bad_inputs_end_in_the_errors_of_the_contract(inputs: dict[str, str], told: str) -> None:
    assert told in refused(**inputs)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", [name for name in KEYS if name != "MINUTES"])
def test_a_hostile_text_stays_one_value_or_is_refused(name: str, text: str) -> None:
    try:
        value = made("/repo", **{name: text})
    except RequestError as error:
        assert "\x1b" not in str(error)
        return
    assert set(value) <= {*KEYS.values(), "repository"}
    if name == "PROMPT":
        assert value["prompt"] == text


@given(st.dictionaries(st.sampled_from(list(KEYS)), st.text(max_size=40)))
def test_any_texts_give_a_valid_request_or_a_request_error(inputs: dict[str, str]) -> None:
    environ = {f"{PREFIX}{name}": text for name, text in inputs.items()}
    try:
        content, request = request_from_environment(environ, PurePath("/repo"))
    except RequestError:
        return
    assert check_request(decode_json(content)) == request


RUN = "https://github.com/acme/shop/actions/runs/7"


def test_a_whole_request_goes_on_as_it_was_made() -> None:
    given = {
        "deterministic": True,
        "prompt": "x",
        "url": RUN,
        "commit": "a" * 40,
        "try-first": "zone",
    }
    content, request = request_from_environment({WHOLE: json.dumps(given)}, PurePath("/repo"))
    assert json.loads(content) == {**given, "repository": "/repo"}
    assert (request.url, request.commit, request.try_first) == (RUN, "a" * 40, "zone")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "the whole is an empty list"),
        ("{", "close what was opened"),
        ('{"prompt": "x", "deterministic": true, "check": "make"}', "check"),
        ('{"prompt": "x", "deterministic": true, "setup": ["make"], "url": "x"}', "setup"),
        ('{"prompt": "x", "deterministic": true, "repository": "/etc", "url": "x"}', "repository"),
        ('{"prompt": "x", "deterministic": true, "raw-logs": "../x"}', "inside the repository"),
        ('{"prompt": "x", "deterministic": true, "url": "x", "commit": "main"}', "whole commit id"),
    ],
)
def test_no_request_asks_for_commands_or_other_repositories(text: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        request_from_environment({WHOLE: text}, PurePath("/repo"))


def listed(value: object, **inputs: str) -> list[dict[str, object]]:
    environ = {f"{PREFIX}{name}": text for name, text in inputs.items()}
    return requests_from_environment({**environ, LIST: json.dumps(value)}, 3)


def test_a_list_takes_prompt_and_kind_from_the_form() -> None:
    made = listed(
        [{"url": RUN}, {"url": f"{RUN}1", "prompt": "mine"}], PROMPT="all", DETERMINISTIC="true"
    )
    assert made == [
        {"deterministic": True, "prompt": "all", "url": RUN},
        {"deterministic": True, "prompt": "mine", "url": f"{RUN}1"},
    ]


def test_without_a_list_the_form_is_one_request() -> None:
    environ = {f"{PREFIX}{name}": text for name, text in GOOD.items()}
    assert len(requests_from_environment({**environ, LIST: " "}, 3)) == 1
    with pytest.raises(RequestError, match="prompt"):
        requests_from_environment({**environ, f"{PREFIX}PROMPT": ""}, 3)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "an empty list"),
        ({"url": RUN}, "a list of 1 to 3"),
        ([{"url": RUN}] * 4, "a list of 4"),
        ([{"url": RUN}, {"url": "x"}], "request 2 of the list"),
        ([{"url": RUN}, "x"], "request 2 of the list"),
        ([{"url": RUN, "repository": "/etc"}], "request 1 of the list"),
    ],
)
def test_a_bad_list_names_the_request(value: object, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        listed(value, PROMPT="x", DETERMINISTIC="true")


def test_a_list_and_a_failure_of_the_form_do_not_go_together() -> None:
    with pytest.raises(RequestError, match="url beside the list"):
        listed([{"url": RUN}], PROMPT="x", DETERMINISTIC="true", CI_RUN_URL=RUN)
