"""Limits, outages and cut streams that pass: how long we wait, and what is read again.

What does not pass is in test_fault_table.py.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.forge.red_runs import RED, one_red, red
from tests.support.github_server import Fault, GitHub, Run

from improve.errors import ImproveError, OutOfBudget
from improve.forge.gh import pause
from improve.forge.gh_answer import Answer
from improve.forge.github import fetch_logs

LIMIT = "You have exceeded a secondary rate limit"
AT_ONCE = {"retry-after": "0"}


def test_the_servers_wish_to_wait_is_honoured(github: GitHub, tmp_path: Path) -> None:
    github.faults = [Fault("/runs/7", 429, LIMIT, {"retry-after": "1"}, times=1)]
    told: list[str] = []
    url = one_red(github)
    began = time.monotonic()
    found = fetch_logs(url, tmp_path / "logs", 60, told.append)
    assert time.monotonic() - began >= 1.0, "it did not wait"
    assert found.logs[0].file.read_bytes() == RED
    assert any("rate limit; try 2 of 5 in 1 s" in line for line in told), told


def test_cut_and_broken_answers_are_asked_for_again(github: GitHub, tmp_path: Path) -> None:
    log = bytes(range(256)) * 4000
    url = one_red(github, log=log)
    github.faults = [
        Fault("/jobs/31/logs", 502, "Bad Gateway", AT_ONCE, times=2),
        Fault("/blob/31", kind="cut", headers=AT_ONCE, times=1),
    ]
    found = fetch_logs(url, tmp_path / "logs", 60)
    assert found.logs[0].file.read_bytes() == log
    assert len(github.asked("/jobs/31/logs")) == 4


def test_a_hanging_server_ends_with_the_time(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    github.faults = [Fault("/blob/31", kind="slow", seconds=30)]
    began = time.monotonic()
    with pytest.raises(OutOfBudget, match="when the time was up"):
        fetch_logs(url, tmp_path / "logs", 2)
    assert time.monotonic() - began < 25
    assert not list(tmp_path.glob("logs/*")), "half a log was left behind"


@pytest.mark.parametrize(("kind", "asked"), [("stall", 2), ("trickle", 1)])
def test_a_log_is_waited_for_as_long_as_it_keeps_coming(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, asked: int
) -> None:
    monkeypatch.setattr("improve.forge.gh.QUIET_SECONDS", 2.0)
    monkeypatch.setattr("improve.forge.gh.FIRST_WAIT", 0.01)
    log = bytes(range(256)) * 4000
    url = one_red(github, log=log)
    github.faults = [Fault("/blob/31", kind=kind, times=1)]
    told: list[str] = []
    found = fetch_logs(url, tmp_path / "logs", 60, told.append)
    assert found.logs[0].file.read_bytes() == log
    assert len(github.asked("/blob/31")) == asked, told
    assert any("nothing came for 2 s; try 2 of 5" in line for line in told) == (kind == "stall")


def test_no_way_to_the_server(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    (tmp_path / "gh" / "config.yml").write_text(f"http_unix_socket: {tmp_path}/none\n")
    with pytest.raises(ImproveError, match=r"not reached \(try 1 of 5\)") as caught:
        fetch_logs(url, tmp_path / "logs", 0.9)
    assert "proxy" in caught.value.cure


def test_one_lost_log_does_not_lose_the_others(github: GitHub, tmp_path: Path) -> None:
    jobs = [
        red(31, log=None),
        red(32, log=b"two\n"),
        red(33, expired=True),
        red(34, log=b"four\n"),
        red(35),
    ]
    url = github.add(Run(7, [jobs]))
    github.faults = [Fault("/jobs/35/logs", 429, LIMIT, {"retry-after": "900"})]
    found = fetch_logs(url, tmp_path / "logs", 60)
    assert [log.file.read_bytes() for log in found.logs] == [b"two\n", b"four\n"]
    assert [note.split(" (")[0] for note in found.notes] == [
        "There is no log of job 31",
        "The log of job 33",
        "1 of 5 logs are missing: github.com limits our requests",
    ]


def test_the_length_of_a_wait() -> None:
    def answer(status: int, **headers: str) -> Answer:
        return Answer(
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            b"",
            "",
            False,
        )

    assert [pause(answer(502), tried, 0) for tried in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert [pause(answer(429), tried, 0) for tried in (1, 2)] == [60, 120]
    assert pause(answer(503, retry_after="7"), 3, 0) == 7
    assert pause(answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1000"), 1, 990.0) == 11
    assert pause(answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1000"), 1, 2000.0) == 1
    assert pause(answer(429, retry_after="soon", x_ratelimit_reset="\u0663"), 1, 0) == 60
