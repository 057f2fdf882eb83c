"""Sixteen causes, from the request to the end: seen, named, and fixed with a proof or handed on.

In each run the first attempt changes nothing (a comment): it has to be refused, or the proof would
be worth nothing. At night each right fix, as a person made it, has to be proven, too.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.causes import NAMES, case, drive
from tests.support.toolkit import Ended, Toolkit

# Fourteen are raised to one failure in five runs. Two are not, everywhere: timers are 2 ms late at
# most (16 % on a busy machine), and a limit is only tight beside others (3 % on an idle machine, where
# the search is content with it: the runs that prove a fix take two seconds).
RAISED = {"asyncio-timers": 0.05, "tight-timeout": 0.01}
# A busy machine is what makes it fail: there, plain runs do so too often to be told apart.
LOADED = {"tight-timeout"}


def seen_and_named(ended: Ended, name: str) -> None:
    found = ended.artifact("reproduce")
    told = json.dumps({"rates": found["rates"], "notes": found["notes"]}, indent=1)
    if name == "order-pollution":
        assert found["order"]["role"] == "victim", told
    else:
        chosen = next((r for r in found["rates"] if r["amplifier"] == found["amplifier"]), None)
        assert chosen, told
        again = found["cause"]["replayed"] and (
            found["cause"]["failed_again"] == found["cause"]["replayed"]
        )
        assert chosen["failures"] >= RAISED.get(name, 0.2) * chosen["runs"] or again, told
    named = found["cause"]["name"]
    known = {case(name).cause, *(("not known",) if name in LOADED else ())}
    assert named in known, json.dumps(found["cause"], indent=1)
    assert f"Cause, by what moved the rate: **{named}**" in ended.report


def proven(ended: Ended, name: str, agent: str) -> None:
    attempts = ended.artifact("fix")["attempts"]
    assert [one["outcome"] for one in attempts[:-1]] == ["not_fixed"] * (len(attempts) - 1), (
        f"{name}: a comment is no fix: {json.dumps(attempts, indent=1)}"
    )
    last = attempts[-1]
    told = f"{last['outcome']}: {last['reason']}\n{json.dumps(last['proof'], indent=1)}"
    assert (last["agent"], last["outcome"]) == (agent, "kept"), told
    assert last["proof"]["outcome"] == "verified", told
    if last["proof"]["confidence"]:  # none where it fails each time, as in an order that is known
        assert last["proof"]["confidence"]["chance"] <= 0.001, told


def both(kit: Toolkit, folder: Path, name: str, minutes: float) -> Ended:
    """A comment as the first attempt, the embedded agent as the second."""
    one = case(name)
    return drive(kit, folder, one, one.comment(), ["scripted", "embedded"], minutes)


def test_at_least_fourteen_are_held_to_a_fifth() -> None:
    assert len(NAMES) == 16
    assert len(set(NAMES) - RAISED.keys()) >= 14 and set(RAISED) <= set(NAMES)


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_all_sixteen(kit: Toolkit, tmp_path: Path, name: str) -> None:
    ended = both(kit, tmp_path, name, 5).good()
    seen_and_named(ended, name)
    proven(ended, name, "embedded")
    named = ended.artifact("reproduce")["cause"]["name"]
    pull_request = (ended.run / "pull-request.md").read_text()  # type: ignore[operator]
    assert name == "order-pollution" or f"**{named}**" in pull_request


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_a_persons_right_fix_is_proven(kit: Toolkit, tmp_path: Path, name: str) -> None:
    one = case(name)
    proven(drive(kit, tmp_path, one, one.fix(), ["scripted"], 5).good(), name, "scripted")
