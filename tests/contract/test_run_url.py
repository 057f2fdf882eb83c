from __future__ import annotations

import pytest

from improve.contract import RunUrl, parse_run_url

BASE = "https://github.com/owner/re.po-1/actions/runs/123"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (BASE, RunUrl("github.com", "owner", "re.po-1", 123, None, None)),
        (BASE + "/", RunUrl("github.com", "owner", "re.po-1", 123, None, None)),
        (BASE + "/attempts/2", RunUrl("github.com", "owner", "re.po-1", 123, 2, None)),
        (BASE + "/job/9?pr=1#step:4:7", RunUrl("github.com", "owner", "re.po-1", 123, None, 9)),
        (BASE + "/attempts/2/job/9", RunUrl("github.com", "owner", "re.po-1", 123, 2, 9)),
        (
            "https://GHE.Example.org/o/r/actions/runs/1",
            RunUrl("ghe.example.org", "o", "r", 1, None, None),
        ),
    ],
)
def test_parts_of_a_run_address(url: str, expected: RunUrl) -> None:
    assert parse_run_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://github.com/o/r",
        "https://github.com/o/r/actions",
        "https://github.com/o/r/actions/runs/",
        "https://github.com/o/../actions/runs/1",
        "https://github.com/-o/r/actions/runs/1",
        "https://me@github.com/o/r/actions/runs/1",
        "http://github.com/o/r/actions/runs/1",
        BASE + "\n",
        BASE + "\u0661",
        BASE + "?a b",
        BASE + "#" + "x" * 3000,
    ],
)
def test_other_addresses_are_none(url: str) -> None:
    assert parse_run_url(url) is None
