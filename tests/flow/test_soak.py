"""Run after run after run: nothing stays behind, and the last costs what the first did."""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

import psutil
import pytest
from tests.support.repositories import git
from tests.support.shop import NODE
from tests.support.toolkit import Toolkit, request

RUNS = int(os.environ.get("SOAK_RUNS", "200"))
PART = max(2, RUNS // 10)  # how many at each end are compared


def processes() -> set[int]:
    """Of any run: they carry its mark."""
    found = set()
    for one in psutil.process_iter():
        try:
            if "IMPROVE_RUN" in one.environ():
                found.add(one.pid)
        except psutil.Error:
            continue
    return found


def mounts() -> int:
    return len(Path("/proc/self/mounts").read_text().splitlines())


def peak_of(kit: Toolkit, info: Path, said: Path, **extra: str) -> int:
    """kB of the largest process of one whole run."""
    with said.open("wb") as stream:
        child = kit.start("--request", info, to=stream, **extra)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, said.read_text()
    return used.ru_maxrss


@pytest.mark.nightly
@pytest.mark.timeout(60 * RUNS)
def test_nothing_stays_behind(
    kit: Toolkit, shop: Path, edits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    world = {"IMPROVE_SCRIPTED_EDITS": str(edits), "IMPROVE_CACHE_DIR": str(tmp_path / "cache")}
    info = request(tmp_path / "request", shop, existing__test__path=NODE, agents=["scripted"])
    said = tmp_path / "said"
    peak_of(kit, info, said, **world)  # it builds the environment and makes the branches
    heads = git(shop, "for-each-ref").splitlines()
    before, open_, mounted = processes(), mounts(), listing(tmp_path / "cache")
    peaks = [peak_of(kit, info, said, **world) for _ in range(RUNS)]
    assert processes() <= before, "processes are left"
    assert mounts() == open_, "mounts are left"
    assert listing(tmp_path / "cache") == mounted, "the cache has grown"
    assert list((tmp_path / "tmp").iterdir()) == [], "temporary files are left"
    assert git(shop, "for-each-ref").splitlines() == heads, "branches have changed"
    assert [place.name for place in shop.glob(".git/*.lock")] == []
    assert len(kit.runs()) == RUNS + 1
    first, last = statistics.median(peaks[:PART]), statistics.median(peaks[-PART:])
    print(f"{RUNS} runs, {first / 1024:.1f} MB at first, {last / 1024:.1f} MB at last")
    assert abs(last - first) <= 0.05 * first, f"{first} kB at first, {last} kB at last"


def listing(folder: Path) -> list[str]:
    """Everything in the cache but what Python and the installer keep inside an environment."""
    return sorted(
        str(place.relative_to(folder))
        for place in folder.rglob("*")
        if "lib" not in place.parts and "installers" not in place.parts
    )


def test_what_is_left_would_be_seen(tmp_path: Path) -> None:
    """The control."""
    child = subprocess.Popen(["sleep", "60"], env={**os.environ, "IMPROVE_RUN": "x"})
    try:
        assert child.pid in processes()
        (tmp_path / "workbenches" / "a").mkdir(parents=True)
        assert listing(tmp_path) == ["workbenches", "workbenches/a"]
    finally:
        child.kill()
        child.wait()
    assert child.pid not in processes()
