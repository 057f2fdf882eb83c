"""Every cheat and every honest fix before the whole of the judge: guard, reproduction, proof.

With each push a few whose like is not judged elsewhere (``test_eleven`` has one for each check,
``tests/guard/test_cheats_read.py`` all that are seen in their text); the rest at night.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

import pytest
from tests.support.cheats import GETS_THROUGH, Fix, cheats, fixes, honest
from tests.support.judging import Court, court, no_text_is_read, refused_by, said

from improve.checks import control
from improve.checks import ground as ground_module
from improve.checks import proof as proof_module
from improve.checks.ground import Ground
from improve.workbench.bench import Tree

NEEDED = {"javascript": "node", "python": "python3", "unseen": "python3"}
WITH_EACH_PUSH = {"javascript/honest/comparison", "unseen/equality/knows_the_control"}
THAT_COUNTS = fixes()["python/equality/counts_its_runs"]
OF_A_COMMAND = fixes()["javascript/exit/disguised"]


def at_night(chosen: list[Fix]) -> list[object]:
    marks = pytest.mark.nightly
    return [
        pytest.param(fix, id=fix.id, marks=() if fix.id in WITH_EACH_PUSH else marks)
        for fix in chosen
    ]


@pytest.fixture(scope="module")
def courts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Court]]:
    """One for each language; one run before and one after have to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground_module, "BEFORE_RUNS", 1)
        patch.setattr(proof_module, "BEFORE_RUNS", 1)
        patch.setattr(proof_module, "AFTER_RUNS", 1)
        place = tmp_path_factory.mktemp("courts")
        with contextlib.ExitStack() as stack:
            yield {one: stack.enter_context(court(one, place / one)) for one in NEEDED}


@pytest.fixture
def place(courts: dict[str, Court], request: pytest.FixtureRequest) -> Court:
    """The court of the test's fix."""
    fix: Fix = request.node.callspec.params["fix"]
    if not shutil.which(NEEDED[fix.language]):
        pytest.skip(f"{NEEDED[fix.language]} is not installed: no {fix.language} is judged here")
    return courts[fix.language]


@pytest.mark.parametrize("fix", at_night(cheats()))
def test_a_cheat_is_rejected_for_the_right_reason(fix: Fix, place: Court) -> None:
    found = place.judged(fix)
    assert (refused_by(found), fix.says in said(found)) == (fix.check, True), said(found)
    assert not found.proof or found.proof.outcome != "verified", said(found)


@pytest.mark.parametrize("fix", at_night(honest()))
def test_an_honest_fix_is_kept_and_verified_where_that_can_be_shown(fix: Fix, place: Court) -> None:
    found = place.judged(fix)
    wanted = "unverified" if fix.says else "verified"
    assert found.proof and (found.outcome, found.proof.outcome) == ("kept", wanted), said(found)
    assert fix.says in said(found)


@pytest.mark.parametrize("fix", at_night(cheats()))
def test_what_running_it_finds_where_no_text_is_read(fix: Fix, place: Court) -> None:
    with no_text_is_read():
        found = place.judged(fix)
    seen = refused_by(found)
    assert str(seen or GETS_THROUGH) == fix.alone, said(found)


@pytest.mark.parametrize("fix", [OF_A_COMMAND], ids=str)
def test_a_wrong_expectation_shows_that_a_command_is_answered_for(
    fix: Fix, place: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    with no_text_is_read():
        found = place.judged(fix)
        assert refused_by(found) == 7 and "something answers for it" in said(found), said(found)
        monkeypatch.setattr(control, "contrary_line", lambda _line: None)
        assert place.judged(fix).outcome == "kept", "another check sees it, too"


@pytest.mark.nightly
@pytest.mark.parametrize("fix", [THAT_COUNTS], ids=str)
def test_the_control_is_not_known_by_what_the_runs_before_it_left(
    fix: Fix, place: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_module, "AFTER_RUNS", 5)
    assert refused_by(place.judged(fix)) == 7
    fresh, made = Ground.tree, list[Tree]()

    def once(ground: Ground, name: str, patch: bytes, *, with_test: bool = True) -> Tree:
        if name == "proof" and len(made) == 2:  # applied, and laid out for the five runs
            return made[-1]
        tree = fresh(ground, name, patch, with_test=with_test)
        made.extend([tree] if name == "proof" else [])
        return tree

    monkeypatch.setattr(Ground, "tree", once)
    found = place.judged(fix)
    assert (found.outcome, found.reason) == ("kept", "proven"), "another check sees it, too"
