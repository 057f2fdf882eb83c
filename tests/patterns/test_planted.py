"""Planted patterns are found, and nothing else is told; each kind of judgement, on its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.support.ci_history import Planted, judged, plant

from improve.checks.fisher import more_often
from improve.contract import check_request
from improve.patterns import advice, correlate
from improve.patterns.analyse import analyse
from improve.patterns.exact import corrected
from improve.patterns.kinds import judge
from improve.phases import analyze
from improve.records import Analysis
from improve.records.history import History, Part, Row, Said
from improve.records.request import SETTINGS

TOP = Path(__file__).parents[2]


def analysed(folder: Path, into: Path) -> Analysis:
    read = analyze.of_folder(folder)
    return analyze.run("runs", read, into, TOP, lambda _text: None).analysis


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Planted]:
    place = tmp_path_factory.mktemp("planted")
    told = plant(place / "runs", seed=3, runs=400, tests=60)
    return analysed(place / "runs", place / "out"), told


def test_eight_of_eight_are_found_and_nothing_else(planted: tuple[Analysis, Planted]) -> None:
    found, false = judged(*planted)
    assert (sum(found.values()), false) == (8, []), found


def test_each_has_what_to_try_first(planted: tuple[Analysis, Planted]) -> None:
    analysis, told = planted
    tried = {group.cases[0].test: group.amplifier for group in analysis.groups}
    kinds = {kind: tried[told.tests[kind]] for kind in ("polluter", "hour", "timeout", "os")}
    wanted = {"polluter": "order", "hour": "clock", "timeout": "busy-processors", "os": "plain"}
    assert kinds == wanted


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_so_it_is_with_other_seeds(tmp_path: Path, seed: int) -> None:
    told = plant(tmp_path / "runs", seed, runs=500, tests=200)
    found, false = judged(analysed(tmp_path / "runs", tmp_path / "out"), told)
    assert (sum(found.values()), false) == (8, []), found


def history(outcomes: str, jobs: int = 1) -> tuple[History, list[Row]]:
    """A test's outcomes ('F', '.'), two runs for each commit, on a runner and at an hour by chance."""
    draw = random.Random(outcomes)
    parts = [
        Part(
            key=str(at), run=str(at), job=f"job {at % jobs}", sha=f"{at // 2:040d}",
            started=f"2026-01-{1 + at // 24:02d}T{draw.randrange(24):02d}:00:00Z",
            os=draw.choice(("Linux", "Windows")), runner=draw.choice("abc"),
        )
        for at in range(len(outcomes))
    ]  # fmt: skip
    rows = [
        Row(at, one == "F", "gw0", at % 7, -1, draw.random(), -1) for at, one in enumerate(outcomes)
    ]
    count = len(parts)
    return History(parts, list(range(count)), [(0, 20)] * count, [1.0] * count, []), rows


def kind_of(outcomes: str, jobs: int = 1) -> str:
    known, rows = history(outcomes, jobs)
    when = {part.sha: at for at, part in enumerate(known.parts)}
    return judge(rows, known.parts, when).kind


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        ("." * 40 + "F." + "." * 40, "flaky"),
        ("." * 40 + "F" * 20, "regression"),
        ("F" * 60, "regression"),
        ("." * 40 + "F" * 10 + "." * 40, "regression"),  # mended
        ("." * 20 + "FF" + "." * 20, "suspect"),  # both runs of one commit alone
    ],
)
def test_flaky_broken_or_not_known(outcomes: str, kind: str) -> None:
    assert kind_of(outcomes) == kind


def test_another_job_of_the_commit_is_no_second_opinion() -> None:
    assert kind_of("." * 20 + "F." + "." * 20, jobs=2) == "suspect"


def test_where_it_broke_and_where_it_was_mended() -> None:
    known, rows = history("." * 40 + "F" * 10 + "." * 40)
    when = {part.sha: at for at, part in enumerate(known.parts)}
    found = judge(rows, known.parts, when)
    assert found.broken is not None
    window = (found.broken.after_commit, found.broken.by_commit, found.mended)
    assert window == tuple(f"{place:040d}" for place in (19, 20, 25))


def test_when_it_began_to_be_flaky() -> None:
    known, rows = history("." * 200 + "F..." * 25)
    when = {part.sha: at for at, part in enumerate(known.parts)}
    began = judge(rows, known.parts, when).began
    assert began is not None and began.by_commit == f"{100:040d}"
    assert 90 <= int(began.after_commit) < 100, began


def test_pure_chance_goes_with_nothing() -> None:
    """Over 60 tests that fail by chance, at most one in twenty analyses may tell a finding."""
    told = 0
    for seed in range(60):
        draw = random.Random(seed)
        outcomes = "".join("F" if draw.random() < 0.15 else "." for _ in range(200))
        known, rows = history(outcomes)
        findings, asked = correlate.correlate({1: rows}, known)
        assert asked >= 4
        told += bool(findings[1])
    assert told <= 3, f"{told} of 60 tests that fail by chance were told to go with something"


def test_the_control_without_the_correction_tells_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "corrected", list)
    monkeypatch.setattr(correlate, "LEVEL", 0.5)
    with pytest.raises(AssertionError, match="by chance were told"):
        test_pure_chance_goes_with_nothing()


def test_corrected_is_the_step_up_of_benjamini_and_hochberg() -> None:
    factor = 1 + 1 / 2 + 1 / 3 + 1 / 4
    given = [0.01, 0.04, 0.02, 0.5]
    wanted = [0.01 * 4 * factor, 0.04 * 4 / 3 * factor, 0.02 * 2 * factor, 1.0]
    assert corrected(given) == pytest.approx([min(1.0, one) for one in wanted])
    assert more_often(3, 3, 0, 3) == pytest.approx(1 / 20)  # 1 of the 20 ways to choose 3 of 6


def test_amplifiers_to_try_first_are_there() -> None:
    named = {amplifier for amplifier, _ in advice.BY_DIMENSION.values()}
    named |= {amplifier for _, amplifier, _ in advice.BY_ERROR} | {advice.UNKNOWN}
    inside = TOP / "tools/improve/checks/inside/improve_amplifiers.py"
    text = inside.read_text().partition("AMPLIFIERS = {")[2].partition("}")[0]
    there = {line.split('"')[1] for line in text.split("\n") if '"' in line}
    assert named <= there | {"order"}, f"no such amplifier: {named - there}"
    assert {part for one in SETTINGS for part in one.split("+")} <= there
    assert named - set(SETTINGS) == {"order", "plain"}, (
        "these have no runs of their own to begin with"
    )


def test_a_ready_request_begins_with_the_amplifier_that_is_told(
    planted: tuple[Analysis, Planted],
) -> None:
    said = Said("sig", "AssertionError: assert 1 == 2", "E   assert 1 == 2")
    begun = set()
    for group in planted[0].groups:
        amplifier, hint = advice.first_step(group.cases)
        ready = advice.request(group.cases, amplifier, hint, said, group.rank)
        first = check_request(ready).try_first
        known = amplifier in SETTINGS and amplifier != advice.UNKNOWN
        assert first == (amplifier if known else None), ready
        begun.add(first)
    assert {"clock", "busy-processors"} <= begun, begun


def test_nothing_at_all_is_judged_as_nothing() -> None:
    found = analyse(History([], [], [], [], []), "nothing", []).analysis
    assert (found.groups, found.regressions, found.suspects, found.questions) == ((), (), (), 0)
