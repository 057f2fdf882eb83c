"""``improve doctor`` says which sandbox there is, and with --probe what it denies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from improve.phases import doctor
from improve.workbench import sandbox
from improve.workbench.sandbox import policy

TOP = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def undecided() -> Iterator[None]:
    before = policy.decided()
    yield
    policy.decide(before)


def finding(options: dict[str, object]) -> doctor.Finding:
    found = doctor.examine(TOP, {"cache-dir": "/tmp", **options})
    return next(one for one in found if one.name == "sandbox")


def test_the_level_in_force_is_told() -> None:
    best = sandbox.best()
    found = finding({"sandbox": "auto"})
    assert found.good == (best != "none") and sandbox.in_words(best) in found.what


def test_off_costs_something_but_nothing_that_is_needed() -> None:
    found = finding({"sandbox": "off"})
    assert not found.good and found.cost != doctor.NEEDED and "read and change" in found.cost


def test_a_wish_that_cannot_be_met_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox.works.cache_clear()
    try:
        found = finding({"sandbox": "bubblewrap"})
    finally:
        sandbox.works.cache_clear()
    assert not found.good and found.cost == doctor.NEEDED
    assert "not installed" in found.what and "apt-get install bubblewrap" in found.cure


def test_the_probe_has_a_line_for_each_level() -> None:
    found = {one.name: one for one in doctor.escapes({})}
    assert list(found) == ["bubblewrap", "bubblewrap-root", "landlock"]
    for name, one in found.items():
        why = sandbox.works(name)  # type: ignore[arg-type]
        assert one.what == why if why else "ways out are denied" in one.what
    if not sandbox.works("bubblewrap"):
        assert found["bubblewrap"].good
