"""Many runs at once: of the same failure only one works; different failures do not meet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.support.repositories import git
from tests.support.shop import FILES, NODE
from tests.support.toolkit import Toolkit, log_of, request

pytestmark = pytest.mark.slow
ALL_AT_ONCE = 3600.0  # seconds for fifty runs on two cores


def ended(started: list[subprocess.Popen[bytes]], said: list[Path]) -> tuple[list[int], list[str]]:
    """Exit codes and messages, in the order in which they were started."""
    until = time.monotonic() + ALL_AT_ONCE
    codes = [child.wait(max(1.0, until - time.monotonic())) for child in started]
    return codes, [place.read_text("utf-8", "replace") for place in said]


def start(kit: Toolkit, info: Path, edits: Path, said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as stream:
        return kit.start("--request", info, to=stream, IMPROVE_SCRIPTED_EDITS=str(edits))


def working(
    kit: Toolkit, started: list[subprocess.Popen[bytes]], patience: float = 120.0
) -> subprocess.Popen[bytes]:
    """The one that holds the lock: a run's lock names the process of its run.sh."""
    pids = {one.pid: one for one in started}
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for place in (kit.top / "outputs").glob("20*/lock"):
            text = place.read_text() if place.exists() else ""
            if text.endswith("}") and (holder := pids.get(json.loads(text)["process"])):
                return holder
        time.sleep(0.02)
    raise AssertionError("none of them took the lock")


@pytest.mark.nightly
def test_the_same_request_ten_times_at_once(
    kit: Toolkit, shop: Path, edits: Path, tmp_path: Path
) -> None:
    info = request(tmp_path / "first", shop, raw__logs=log_of(FILES), agents=["scripted"])
    said = [tmp_path / f"said-{number}" for number in range(10)]
    started = [start(kit, info, edits, place) for place in said]
    works = working(kit, started)
    # It stands still while the others come, or a slow machine runs them one after the other.
    os.killpg(works.pid, signal.SIGSTOP)
    try:
        ended([one for one in started if one is not works], [])
    finally:
        os.killpg(works.pid, signal.SIGCONT)
    codes, told = ended(started, said)
    assert sorted(codes) == [0] + [1] * 9, "\n".join(told)
    (holder,) = kit.runs()
    lost = [text for code, text in zip(codes, told, strict=True) if code]
    named = f"Another run works on this failure: {holder.name} (process "
    assert [text for text in lost if named not in text] == []
    assert (holder / "pull-request.md").is_file()
    assert git(shop, "rev-list", "--count", "main..fix/wrong-total") == "1"
    assert kit.run("--resume", holder.name).good(), "the control: its lock is free when it is over"


@pytest.mark.timeout(ALL_AT_ONCE)
@pytest.mark.parametrize("number", [2, pytest.param(50, marks=pytest.mark.nightly)])
def test_failures_of_one_repository_side_by_side(
    kit: Toolkit, shop: Path, edits: Path, tmp_path: Path, number: int
) -> None:
    names = [f"failure-{one:02}" for one in range(number)]
    said = [tmp_path / f"said-{name}" for name in names]
    started = []
    for name, place in zip(names, said, strict=True):
        info = request(
            tmp_path / name, shop, name=name, existing__test__path=NODE, agents=["scripted"]
        )
        started.append(start(kit, info, edits, place))
    codes, told = ended(started, said)
    failed = [text for code, text in zip(codes, told, strict=True) if code]
    assert failed == [], failed[0]
    refs = git(shop, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
    assert refs == [*(f"fix/{name}" for name in names), "main"]
    origin = shop.parent / "shop-origin.git"
    for name in names:
        assert git(shop, "rev-parse", f"fix/{name}") == git(origin, "rev-parse", f"fix/{name}")
    assert len([run for run in kit.runs() if (run / "pull-request.md").is_file()]) == number
    assert [place.name for place in (kit.cache / "workbenches").iterdir()] == []
    assert not [text for text in told if "index.lock" in text or "cannot lock ref" in text]
