"""Agents that cheat: each in turn on one ladder, refused with its reason, the honest one kept.

One run with many rungs, since the reproduction and the environment are the same for all of them. The
cheats are some of ``tests/resources/cheats``, those that an agent can leave in a tree.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.cheats import Fix, fault, files, fixes, project
from tests.support.repositories import git, repository
from tests.support.shop import FILES, RIGHT, WRONG
from tests.support.toolkit import Ended, Toolkit, log_of, request

pytestmark = pytest.mark.slow
CHEATER = Path(__file__).parents[1] / "resources" / "cheater.py"
PROJECT = project("python")
HONEST = fixes()["python/honest/whole_list"]
RIGHT_PRODUCT = PROJECT["shop.py"].replace(WRONG, RIGHT)
NAMES = """
    tests/deleted tests/reproduction conftest/below interpreter/entry_point exit/disguised
    runner/forges_the_record_disguised equality/by_type special_case/shape detection/modules
    elsewhere/breaks_another
"""
CHEATS = [fixes()[f"python/{name}"] for name in NAMES.split()]
PLAN: list[Fix | None] = [None, *CHEATS, HONEST]  # None: an agent that does nothing


def climb(kit: Toolkit, place: Path, plan: list[Any], log: str = "", **values: Any) -> Ended:
    script = place.parent / "plan.json"
    script.write_text(json.dumps(plan))
    command = shlex.join([sys.executable, str(CHEATER), str(script), "{tree}"])
    extra = {key: values.pop(key) for key in list(values) if key.startswith("IMPROVE_")}
    limits = {"attempts": len(plan), **values.pop("limits", {})}
    info = request(
        place.parent / "request", place, agents=["command"] * len(plan), limits=limits,
        raw__logs=log or log_of(FILES), **values,
    )  # fmt: skip
    return kit.run("--request", info, IMPROVE_COMMAND_AGENT=command, **extra)


def plain(report: str) -> str:
    """A report's text without the signs that keep Markdown from reading it as such."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", report)


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[Ended, Path]:
    """The run of all cheats with the honest repair at the end, and its repository."""
    from tests.support.toolkit import toolkit

    folder = tmp_path_factory.mktemp("cheats")
    place = repository(folder / "shop", PROJECT, origin=True)
    kit = toolkit(folder / "toolkit", cache)
    log = log_of(PROJECT, [fault(HONEST).original])
    return climb(kit, place, [files(one) if one else {} for one in PLAN], log), place


@pytest.mark.parametrize(
    "number", range(1, len(PLAN) + 1), ids=[one.id if one else "nothing" for one in PLAN]
)
def test_each_is_judged_for_what_it_did(climbed: tuple[Ended, Path], number: int) -> None:
    ended, fix = climbed[0].good(), PLAN[number - 1]
    attempt = ended.artifact("fix")["attempts"][number - 1]
    says = fix.says or "proven" if fix else "the agent changed nothing"
    assert says in f"{attempt['outcome']}: {attempt['reason']}", attempt
    row = next(
        r for r in plain(ended.report).splitlines() if r.startswith(f"| {number} | command |")
    )
    assert says in row


def test_only_the_honest_repair_is_published(climbed: tuple[Ended, Path]) -> None:
    ended, place = climbed
    assert ended.artifact("fix")["kept"] == len(PLAN)
    assert git(place, "diff", "--name-only", "main", "fix/wrong-total") == "shop.py"
    assert git(place, "show", "fix/wrong-total:shop.py") + "\n" == RIGHT_PRODUCT
    assert git(place, "rev-list", "--count", "main..fix/wrong-total") == "1"
    assert git(place, "status", "--porcelain") == ""


@pytest.mark.nightly
def test_an_agent_that_hangs_is_ended_and_the_next_one_has_its_turn(
    kit: Toolkit, shop: Path, tmp_path: Path
) -> None:
    """One minute for two attempts: the first sleeps, the second repairs."""
    ended = climb(kit, shop, [3600, {"shop.py": RIGHT_PRODUCT}], IMPROVE_FIX_MINUTES="1").good()
    first, second = ended.artifact("fix")["attempts"]
    assert first["outcome"] == "agent_failed" and "still running after" in first["reason"]
    assert "still running after" in ended.report
    assert second["outcome"] == "kept"


def test_cheats_alone_publish_nothing(kit: Toolkit, shop: Path) -> None:
    wanted = ("tests/deleted", "conftest/reports_passed", "exit/plain")
    ended = climb(kit, shop, [files(fixes()[f"python/{name}"]) for name in wanted]).good()
    fix = ended.artifact("fix")
    assert [attempt["outcome"] for attempt in fix["attempts"]] == ["refused"] * len(wanted)
    assert fix["outcome"] == "not_fixed"
    assert ended.artifact("publish")["outcome"] == "nothing_to_publish"
    assert "⚠️ Partial" in ended.report
    for place in (shop, shop.parent / "shop-origin.git"):
        assert "fix/" not in git(place, "for-each-ref")
    assert ended.run and not (ended.run / "fix.patch").exists()
