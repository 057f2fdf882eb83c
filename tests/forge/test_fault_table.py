"""Every endpoint that the product asks, met by every fault: the words, the exit code, the tries.

After each, the run is whole (patch, pull-request file and report are on disk, no token in them), and
publishing goes on to its end once the cause is gone, with one pull request.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.forge.drafts import BRANCH, Shop
from tests.forge.fault_grid import LESS, Row, fault, rows
from tests.forge.faults import PATCH, URL, Ended, improve, proven_run, red_run
from tests.forge.red_runs import one_red
from tests.support import github_pulls
from tests.support.github_server import TOKEN, Fault
from tests.support.repositories import git

from improve.context import Budget

TITLE = "UNVERIFIED: fix(shop): ValueError in test_a"  # its record shows no proof
EVERY_THIRD = 3  # of the table goes with each push; the rest at night
Improve = Callable[..., Ended]


def sampled() -> list[object]:
    """Each place and each fault stays in the sample, since neither has a multiple of three rows."""
    return [
        pytest.param(row, id=str(row), marks=[pytest.mark.nightly] if number % EVERY_THIRD else [])
        for number, row in enumerate(rows())
    ]


@pytest.fixture
def verb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Improve:
    """One verb of the command line, which waits for less than it would."""
    monkeypatch.setenv("IMPROVE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("improve.forge.gh.FIRST_WAIT", 0.01)
    whole = Budget.of

    def run(*words: str | Path, answer: float = 60.0) -> Ended:
        with monkeypatch.context() as patched:
            patched.setattr("improve.forge.gh.QUIET_SECONDS", answer)
            patched.setattr(Budget, "of", lambda left: whole(min(left, 120.0)))
            return improve(patched, capsys, *words)

    return run


def opened(shop: Shop, row: Row) -> Path:
    """A run folder that is about to meet the fault."""
    one_red(shop.github)
    if row.place.verb == "fetch-logs":
        return red_run(shop, URL + row.place.url_end)
    if row.place.name == "change":
        asked = {"title": "Before", "base": "main", "body": "Before", "draft": True}
        github_pulls.add(shop.github, f"acme:{BRANCH}", asked)
    return proven_run(shop)


@pytest.mark.parametrize("row", sampled())
def test_a_fault(shop: Shop, verb: Improve, row: Row) -> None:
    run, place, owed = opened(shop, row), row.place, row.owed
    shop.github.faults = [Fault(place.path, method=place.method, **fault(row))]

    answer = LESS if row.fault == "slow" else 60.0
    ended = verb(place.verb, run, answer=answer)

    what, _, cure = ended.said.partition("!!! ")[2].partition("\n")
    assert ended.code == owed.code, ended.said
    assert (owed.what in what, owed.cure in cure) == (True, True), f"{owed}\n{ended.said}"
    refusal = (place.name, row.fault) == ("commit", "404")  # not to be pushed by hand either
    by_hand = "" if refusal or not owed.code else place.by_hand
    assert by_hand in cure and ("by hand" in cure) == bool(by_hand), cure
    tries = len(shop.github.asked(place.path, place.method))
    assert tries <= 5 and owed.tries in (None, tries), f"asked {tries} times"
    still_whole(run, row, verb)
    shop.github.faults = []
    if place.verb == "publish":
        again = verb(place.verb, run)
        assert again.code == 0, f"it does not go on once the cause is gone: {again.said}"
        assert [one["title"] for one in shop.github.pulls] == [TITLE]
        assert git(shop.bare, "rev-parse", BRANCH) == git(shop.top, "rev-parse", BRANCH)


def still_whole(run: Path, row: Row, verb: Improve) -> None:
    """What the user is left with after the fault."""
    assert verb("report", run).code == 0
    report = run.with_name(f"{run.name}.md").read_text()
    assert row.owed.what in report, report
    if row.place.verb == "publish":
        assert (run / "fix.patch").read_text() == PATCH
        assert "ValueError" in (run / "pull-request.md").read_text()
        assert f"{run}/fix.patch" in report or not row.owed.code, (
            "the report does not say how to use it"
        )
    holders = [path for path in run.parent.rglob("*") if path.is_file() and holds_token(path)]
    assert holders == [], "the token was left in the run folder"


def holds_token(path: Path) -> bool:
    return TOKEN.encode() in path.read_bytes()


def test_a_patch_that_is_gone_is_told(shop: Shop, verb: Improve) -> None:
    run = proven_run(shop)
    (run / "fix.patch").unlink()
    ended = verb("publish", run)
    assert ended.code == 1 and "The patch of this fix cannot be read" in ended.said, ended.said
    assert "--from fix" in ended.said and shop.github.pulls == []


def test_the_sample_has_every_place_and_every_fault() -> None:
    table = list(rows())
    sample = table[::EVERY_THIRD]
    assert len(sample) >= 30, f"{len(sample)} of {len(table)} rows go with each push"
    assert {row.place.name for row in sample} == {row.place.name for row in table}
    assert {row.fault for row in sample} == {row.fault for row in table}
