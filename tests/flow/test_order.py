"""A test that fails only after another one: from its log to the polluter, and to a proof or a hand-on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository
from tests.support.toolkit import Ended, Toolkit, log_of, request

RATES = '''\
"""What countries ask for."""

ROUNDING = 2
_TAX = {"DE": 0.19, "FR": 0.2}
_CHARGES = {"DE": {}, "FR": {"eco": 0.5}}


def tax(country):
    """The tax rate of a country."""
    return _TAX[country]


def charges(country):
    """Charges of a country by name."""
    return _CHARGES[country]
'''
TOTALS = '''\
"""Sums of invoices."""

import rates


def total(lines, country="DE", extra=None):
    """Sum of the lines with tax and charges; ``extra`` are further charges by name."""
    charges = rates.charges(country)
    charges.update(extra or {})
    taxed = sum(lines) * (1 + rates.tax(country))
    return round(taxed + sum(charges.values()), rates.ROUNDING)
'''
EXPRESS = """\
from totals import total


def test_express_costs_more():
    assert total([10], extra={"express": 5}) == 16.9
"""
ROUNDED = """\
import rates
from totals import total


def test_whole_euros():
    rates.ROUNDING = 0
    assert total([10]) == 12
"""
GERMAN = """\
from totals import total


def test_french():
    assert total([10], country="FR") == 12.5


def test_german():
    assert total([1]) == 1.19
"""
SETTINGS = "[pytest]\ntestpaths = tests\npythonpath = .\n"
FILES = {"rates.py": RATES, "totals.py": TOTALS, "pytest.ini": SETTINGS}
VICTIM = "tests/test_totals.py::test_german"


def fixed(kit: Toolkit, place: Path, name: str, files: dict[str, str], **values: object) -> Ended:
    repository(place / name, files)
    values.setdefault("raw__logs", log_of(files))
    info = request(
        place / f"{name}-request", place / name, name="german-total", agents=["embedded"], **values
    )
    return kit.run("--request", info)


@pytest.mark.nightly  # each push has what is handed on, and the proof in tests/checks
def test_state_that_the_product_leaks_is_found_repaired_and_proven(
    kit: Toolkit, tmp_path: Path
) -> None:
    files = {**FILES, "tests/test_express.py": EXPRESS, "tests/test_totals.py": GERMAN}
    ended = fixed(kit, tmp_path, "invoices", files).good()
    seen, fix = ended.artifact("reproduce"), ended.artifact("fix")
    order = seen["order"]
    assert seen["outcome"] == "reproduced" and seen["deterministic"], seen["notes"]
    assert (order["victim"], order["leak"]) == (VICTIM, "product"), order
    assert order["others"] == ["tests/test_express.py::test_express_costs_more"]
    assert order["state"][0]["place"] == "rates._CHARGES" and order["state"][0]["shared"]
    assert seen["kind"] == "minimal" and len(seen["node_ids"]) == 2, seen["notes"]
    assert fix["outcome"] == "fixed", ended.report
    steps = {one["rule"]: one for one in fix["attempts"][0]["proof"]["steps"]}
    assert steps["alone"]["passed"] and steps["failing order"]["passed"], steps
    assert "fails in that order, 3 of 3 runs" in steps["order control"]["reason"], steps
    request_text = (ended.run / "pull-request.md").read_text()  # type: ignore[operator]
    for text in (ended.report, request_text):
        assert "test_express_costs_more" in text and "rates._CHARGES" in text, text
    assert "return _CHARGES[country]\n" not in git(
        tmp_path / "invoices", "show", "fix/german-total:rates.py"
    )


@pytest.mark.slow
def test_state_that_a_test_leaks_is_handed_on_with_its_line(kit: Toolkit, tmp_path: Path) -> None:
    files = {**FILES, "tests/test_rounding.py": ROUNDED, "tests/test_totals.py": GERMAN}
    ended = fixed(kit, tmp_path, "rounding", files).good()
    seen, fix = ended.artifact("reproduce"), ended.artifact("fix")
    assert seen["order"]["leak"] == "tests", seen["order"]
    assert fix["outcome"] == "not_attempted" and "tests' own code" in fix["reason"]
    assert fix["root_cause"]["locations"] == ["tests/test_rounding.py:6 test_whole_euros"]
    assert "monkeypatch.setattr" in ended.report and "rates.ROUNDING" in ended.report
    assert not git(tmp_path / "rounding", "branch", "--list", "fix/*")


@pytest.mark.slow
@pytest.mark.nightly
def test_an_innocent_suite_has_no_polluter(kit: Toolkit, tmp_path: Path) -> None:
    files = {**FILES, "tests/test_totals.py": GERMAN}
    broken = {**files, "rates.py": RATES.replace("0.19", "0.16")}
    ended = fixed(kit, tmp_path, "innocent", files, raw__logs=log_of(broken)).good()
    seen = ended.artifact("reproduce")
    assert seen["outcome"] == "not_reproduced" and seen["order"] is None
    assert any("passes alone and in all orders" in note for note in seen["notes"]), seen["notes"]
