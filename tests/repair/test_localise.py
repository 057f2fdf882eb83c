"""The faulty line comes first, by traceback, by coverage or by name."""

from __future__ import annotations

import json

import pytest

from improve.records import Failure, Frame
from improve.repair.localise import Trace, describe, is_product, ochiai, parse_traces, suspects
from improve.repair.source import Source, parse

TEXT = b"LIMIT = 3\n\ndef good(x):\n    return x\n\ndef bad(x, y=2):\n    return x - y + LIMIT\n"


@pytest.fixture
def sources() -> dict[str, Source]:
    source = parse("pkg/a.py", TEXT)
    assert source is not None
    return {"pkg/a.py": source}


def trace(name: str, failed: bool, *lines: int) -> Trace:
    return Trace(name, failed, {"pkg/a.py": frozenset(lines)})


def test_lines_of_failing_tests_alone_weigh_most() -> None:
    found = ochiai([trace("t1", True, 4, 7), trace("t2", False, 4), trace("t3", False, 4)])
    assert found == {("pkg/a.py", 7): 1.0, ("pkg/a.py", 4): pytest.approx(3**-0.5)}


def test_the_innermost_product_frame_comes_first(sources: dict[str, Source]) -> None:
    frames = tuple(
        Frame(file=f, line=n)
        for f, n in [("tests/test_a.py", 3), ("pkg/a.py", 4), ("pkg/a.py", 7), ("/usr/lib/x.py", 9)]
    )
    found = suspects(Failure(frames=frames), (), sources)
    assert (found[0].line, found[0].score) == (7, 1.0)
    assert {s.path for s in found} == {"pkg/a.py"}
    assert describe(found[0], sources["pkg/a.py"]) == "pkg/a.py:7 bad"


def test_signatures_and_constants_follow_their_users(sources: dict[str, Source]) -> None:
    found = {s.line: s.score for s in suspects(Failure(), [trace("t", True, 7)], sources)}
    assert found[7] > found[6] > 0, "the default value stands in the signature"
    assert found[7] > found[1] > 0, "LIMIT is used by the suspicious line"
    assert 4 not in found


def test_without_any_trace_the_functions_that_the_test_names_are_suspected(
    sources: dict[str, Source],
) -> None:
    found = suspects(Failure(), (), sources, "from pkg.a import bad\nassert bad(1) == 2\n")
    assert {s.line for s in found} >= {6, 7}
    assert 4 not in {s.line for s in found}


@pytest.mark.parametrize(
    ("path", "product"),
    [
        ("src/pkg/a.py", True),
        ("a.py", True),
        ("tests/test_a.py", False),
        ("pkg/tests/data.py", False),
        ("conftest.py", False),
        ("pkg/test_a.py", False),
        (".venv/lib/python3.11/site-packages/x.py", False),
        ("/usr/lib/python3.11/json.py", False),
        ("../other.py", False),
        ("<string>", False),
        ("README.md", False),
    ],
)
def test_what_is_product_code(path: str, product: bool) -> None:
    assert is_product(path) is product


def test_a_trace_file_that_was_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = json.dumps({"id": "t", "failed": True, "lines": {"a.py": [1, 2]}})
    found = parse_traces(whole + "\n[]\n" + whole[:20])
    assert found == (Trace("t", True, {"a.py": frozenset({1, 2})}),)
