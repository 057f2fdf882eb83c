"""A folder of results is read once, forgivingly; what it says is shown and never acts; requests are valid."""

from __future__ import annotations

import json
import shutil
import sqlite3
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.support.ci_history import plant

from improve.contract import load_request
from improve.errors import ImproveError
from improve.evidence import distil
from improve.history import database
from improve.history.described import described, moment
from improve.phases import analyze
from improve.phases.analyze import Analysed

TOP = Path(__file__).parents[2]
CASE = '<testcase classname="tests.test_a" name="{name}" time="1.0">{body}</testcase>'
FAILED = '<failure message="ValueError: no">E   ValueError: no\n\ntests/test_a.py:3: ValueError</failure>'


def analysed(folder: Path, into: Path) -> Analysed:
    return analyze.run("runs", analyze.of_folder(folder), into, TOP, lambda _text: None)


def write(folder: Path, run: int, body: str, name: str = "test_x", sha: str = "a" * 40) -> Path:
    place = folder / f"run-{run}"
    place.mkdir(parents=True)
    (place / "run.json").write_text(json.dumps({"sha": sha, "job": "unit"}))
    file = place / "junit.xml"
    file.write_text(f'<testsuite name="pytest">{CASE.format(name=name, body=body)}</testsuite>')
    return file


def test_twice_is_the_same_and_only_what_is_new_is_read(tmp_path: Path) -> None:
    plant(tmp_path / "runs", seed=1, runs=12, tests=20)
    analysed(tmp_path / "runs", tmp_path / "out")
    first = (tmp_path / "out/analyze.json").read_bytes()
    said: list[str] = []
    read = analyze.of_folder(tmp_path / "runs")
    analyze.run("runs", read, tmp_path / "out", TOP, said.append)
    assert (tmp_path / "out/analyze.json").read_bytes() == first
    assert "0 of 12 files were new" in said
    shutil.rmtree(tmp_path / "runs" / "run-1000")
    fewer = analysed(tmp_path / "runs", tmp_path / "out").analysis
    assert (fewer.runs, fewer.results) == (11, 220), "a run that is gone is still told of"


def test_a_file_that_breaks_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "runs", 1, FAILED)
    write(tmp_path / "runs", 2, "")
    broken = write(tmp_path / "runs", 3, "")
    broken.write_text(broken.read_text()[:-8])
    write(tmp_path / "runs", 4, "").write_text("<html/>")
    (tmp_path / "runs/run-4/run.json").write_text("{")
    found = analysed(tmp_path / "runs", tmp_path / "out").analysis
    assert [group.cases[0].test for group in found.groups] == ["tests/test_a.py::test_x"]
    told = "\n".join(found.notes)
    assert "run-3/junit.xml: not well-formed" in told and "run-4/junit.xml: no JUnit file" in told
    assert "run-4/run.json: not read" in told


@pytest.mark.parametrize("content", [None, b"<html/>"])
def test_a_folder_without_results_is_told_with_the_cure(
    tmp_path: Path, content: bytes | None
) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    if content:
        (folder / "a.xml").write_bytes(content)
    with pytest.raises(ImproveError, match=r"holds no JUnit file|has no test results") as raised:
        analysed(folder, tmp_path / "out")
    assert "README" in raised.value.cure


def test_a_database_that_is_none_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "runs", 1, "")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/results.sqlite").write_bytes(b"this is somebody's letter" * 100)
    with pytest.raises(ImproveError, match="cannot be used as the database"):
        analysed(tmp_path / "runs", tmp_path / "out")
    assert (tmp_path / "out/results.sqlite").read_bytes().startswith(b"this is somebody's")


def test_interrupted_while_reading_no_part_is_half_there(tmp_path: Path) -> None:
    def read(connection: sqlite3.Connection, _tell: object) -> list[str]:
        part = described("a.xml", {}, "junit", "1")
        database.insert_part(connection, part)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze.run("runs", read, tmp_path, TOP, lambda _text: None)
    with database.opened(tmp_path / "results.sqlite") as connection:
        assert database.known(connection) == {}


def test_logs_alone_tell_failures_and_a_jobs_other_runs_its_passes(tmp_path: Path) -> None:
    summary = "=== short test summary info ===\nFAILED tests/test_a.py::{} - ValueError: no\n=== 1 failed in 1s ===\n"
    for run, name in enumerate(("test_x", "test_y", "test_x", "test_y")):
        place = tmp_path / "runs" / f"run-{run}"
        place.mkdir(parents=True)
        (place / "run.json").write_text(json.dumps({"sha": "a" * 40, "job": "unit"}))
        (place / "ci.log").write_text(summary.format(name))
    found = analysed(tmp_path / "runs", tmp_path / "out").analysis
    told = {case.test: (case.failures, case.runs) for g in found.groups for case in g.cases}
    assert told == {"tests/test_a.py::test_x": (2, 4), "tests/test_a.py::test_y": (2, 4)}
    assert found.inferred == 4


def test_names_tell_what_run_json_does_not() -> None:
    part = described("run-812/attempt-2/ubuntu-24.04_py3.12/junit.xml", {}, "junit", "")
    assert (part.run, part.attempt, part.os, part.python) == ("812", 2, "Linux", "3.12")
    told = {
        "sha": "b" * 40,
        "os": "Windows",
        "matrix": {"db": "pg"},
        "started": "2026-01-02 03:04:05+02:00",
    }
    part = described("run-812/junit.xml", told, "junit", "")
    assert (part.sha, part.os, part.matrix, part.started) == (
        "b" * 40, "Windows", {"db": "pg"}, "2026-01-02T01:04:05Z",
    )  # fmt: skip
    assert moment("yesterday") == ""


def test_the_ready_request_is_valid_and_its_log_names_the_test(tmp_path: Path) -> None:
    write(tmp_path / "runs", 1, FAILED)
    write(tmp_path / "runs", 2, "")
    done = analysed(tmp_path / "runs", tmp_path / "out")
    path = tmp_path / "out" / done.analysis.groups[0].request
    request = load_request(path)
    assert request.deterministic is False and request.raw_logs is not None
    (failure,) = distil([line.encode() for line in request.raw_logs.split("\n")]).failures
    assert (failure.node_id, failure.error_type) == ("tests/test_a.py::test_x", "ValueError")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.seen.add(tag)


def test_what_tests_say_is_shown_and_never_acts(tmp_path: Path) -> None:
    evil = "test_x[&lt;/code&gt;&lt;script src=//x.invalid&gt;&lt;img onerror=1&gt;@mona \u202e closes #1]"
    failed = '<failure message="&lt;iframe&gt; @mona closes #2">&lt;script&gt;</failure>'
    write(tmp_path / "runs", 1, failed, evil)
    write(tmp_path / "runs", 2, "", evil)
    done = analysed(tmp_path / "runs", tmp_path / "out")
    page, markdown = done.page.read_text(), done.markdown.read_text()
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "img", "iframe"}, tags.seen
    assert "&lt;script" in page, "the name is not shown at all"
    assert "\u202e" not in page + markdown
    plain = "".join(part for at, part in enumerate(markdown.split("`")) if at % 2 == 0)
    assert "@mona" not in plain and "closes #" not in plain, markdown
