"""Whatever is wrong with a request is refused with place and cure; what is right is taken."""

from __future__ import annotations

import codecs
import json
import os
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.malformed_requests import DROP, GOOD, MALFORMED, RUN, TOKEN, Malformed, changed

from improve.contract import check_request, decode_json, load_request
from improve.errors import RequestError
from improve.records.request import Request


def written(folder: Path, data: bytes) -> Path:
    path = folder / "info.json"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_malformed_request_is_refused_with_place_and_cure(case: Malformed, tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        load_request(written(tmp_path, case.data))
    message = str(caught.value)
    missing = [word for word in case.words if word not in message]
    assert not missing, f"{missing} not in:\n{message}"
    assert message.startswith("info.json") or str(tmp_path) in message
    assert "\n  -> " in message, f"no cure in:\n{message}"
    assert TOKEN not in message
    assert all(c.isprintable() or c == "\n" for c in message), f"raw characters in:\n{message!r}"
    assert len(message) < 4000


def test_table_is_large_and_its_names_differ() -> None:
    assert len(MALFORMED) >= 40
    assert len({case.name for case in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        codecs.BOM_UTF8 + GOOD,
        GOOD.replace(b", ", b",\r\n"),
        changed(url=RUN, raw__logs=DROP),
        changed(url=RUN + "/attempts/2", raw__logs=DROP),
        changed(url=RUN + "/job/42?pr=7#step:5:31", raw__logs=DROP),
        changed(url=RUN.replace("github.com", "git.example.org:8443"), raw__logs=DROP),
        changed(raw__logs=DROP, existing__test__path="tests/test_a.py::test_b[../x y-é]"),
        changed(existing__test__path="tests/test_a.py"),
        changed(raw__logs=DROP, url=RUN, existing__test__path="./-odd.py"),
        changed(raw__logs=DROP, check="make -j2 build"),
        changed(raw__logs=DROP, check="make bench", slower__than="v1.2"),
        changed(existing__test__path="tests/test_a.py::test_b", slower__than="0a1b2c3"),
        changed(raw__logs="\x1b[31mE   ValueError\x1b[0m\r\nline two"),
        changed(url=None, limits={"usd": None, "minutes": 5}),
        changed(base="feature/a.b-ü", name="a", setup=["pip install -e '.[test]'"]),
        changed(agents=["embedded", "command", "embedded"], limits={"minutes": 0.5}),
        changed(**{"$schema": "tools/improve/schemas/info.schema.json"}),
    ],
)
def test_good_request_is_taken(data: bytes, tmp_path: Path) -> None:
    assert isinstance(load_request(written(tmp_path, data)), Request)


def test_values_arrive_as_they_were_written(tmp_path: Path) -> None:
    data = changed(agents=["manual"], limits={"minutes": 7}, deterministic=False)
    request = load_request(written(tmp_path, data))
    assert (request.deterministic, request.raw_logs, request.agents) == (
        False,
        "ci.log",
        ("manual",),
    )
    assert (request.limits.minutes, request.limits.attempts) == (7, 4)


def test_missing_file_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such file"):
        load_request(tmp_path / "info.json")


def test_directory_and_path_through_a_file(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is a directory"):
        load_request(tmp_path)
    with pytest.raises(RequestError, match="cannot be read"):
        load_request(written(tmp_path, GOOD) / "info.json")


def test_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RequestError, match="FIFO"):
        load_request(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "a\0b", "x" * 5000])
def test_devices_and_impossible_names_are_refused(path: str) -> None:
    with pytest.raises(RequestError):
        load_request(Path(path))


def test_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(RequestError, match="chmod u\\+r"):
        load_request(path)


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "info.json").open("wb") as stream:
        stream.truncate(100_000_000)
    started = time.monotonic()
    with pytest.raises(RequestError, match=r"100\.0 MB"):
        load_request(tmp_path / "info.json")
    assert time.monotonic() - started < 20


def test_hostile_text_of_full_size_is_judged_quickly() -> None:
    started = time.monotonic()
    for text in (
        '"' * 900_000,
        "[{" * 400_000,
        '{"a":' + "1" * 900_000,
        '{"a": "' + "\\" * 900_000,
    ):
        with pytest.raises(RequestError):
            check_request(decode_json(text.encode()))
    with pytest.raises(RequestError):
        check_request(
            {"k" * 900_000: 1, "prompt": "-" * 900_000, "url": "https://" + "a/" * 400_000}
        )
    with pytest.raises(RequestError, match=r"and [0-9]+ more"):
        check_request({f"k{number}": 1 for number in range(20_000)})
    assert time.monotonic() - started < 20


KEYS = st.sampled_from([*string.ascii_lowercase, *Request.model_fields, *(
    field.alias for field in Request.model_fields.values() if field.alias
)])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES | st.dictionaries(KEYS, VALUES))
@settings(max_examples=300, deadline=None)
def test_any_value_is_a_request_or_refused(value: object) -> None:
    refused_or_taken(lambda: check_request(value))


@given(st.binary() | st.text().map(str.encode) | VALUES.map(lambda v: json.dumps(v).encode()))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    refused_or_taken(lambda: check_request(decode_json(data)))


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3))
@settings(max_examples=300, deadline=None)
def test_damaged_request_is_a_request_or_refused(at: int, damage: bytes) -> None:
    refused_or_taken(lambda: check_request(decode_json(GOOD[:at] + damage + GOOD[at + 1 :])))


def refused_or_taken(judge: object) -> None:
    assert callable(judge)
    try:
        assert isinstance(judge(), Request)
    except RequestError as error:
        str(error).encode()  # it can be printed
        assert "has 0 problems" not in str(error)


def test_misspelt_required_key_is_told_once() -> None:
    with pytest.raises(RequestError, match="has 1 problem:") as caught:
        check_request({"deterministic": True, "promt": "fix it", "raw-logs": "ci.log"})
    assert 'did you mean "prompt"?' in str(caught.value)
    assert caught.value.exit_code == 2
