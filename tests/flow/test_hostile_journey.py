"""A whole run on a repository whose every name and text is hostile, from run.sh to a pull request."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.github_reader import active, active_in_commit, hidden
from tests.support.hostile_inputs import CANARY, HOSTILE
from tests.support.repositories import git, repository
from tests.support.shop import FILES, SETTINGS
from tests.support.step_runner import obeyed
from tests.support.toolkit import Toolkit, headings, log_of, request

pytestmark = pytest.mark.slow
HEARD = {kind: text.encode("utf-8", "replace").decode()[:3000] for kind, text in HOSTILE.items()}
BRANCH = "a$(touch${IFS}canary);@octo/team#1`x`\u202e\u200b"
AUTHOR = "@octo/team \x1b[31m$(touch canary) fixes #1 \u202e"
FILE = "-p `touch canary` @octo #1 \x1b[31m.txt"
TESTS = f"""\
import pytest
from shop import mean, total

TEXTS = {list(HEARD.values())!a}


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS)
def test_total(text):
    print(text)
    print("::error::planted")
    assert total([1, 2, 3]) == 6, text


def test_mean():
    assert mean([2, 4]) == 3
"""
SHOP = {"shop.py": FILES["shop.py"], "tests/test_shop.py": TESTS, "pytest.ini": SETTINGS}
NAMED_BY_OTHERS = ("request.json", "logs/", "fix.patch", "attempts/1/patch.diff")  # byte for byte


def hostile_shop(place: Path) -> Path:
    """Every line is by a hostile author; the branch that is checked out has a hostile name."""
    repository(place, {**SHOP, FILE: "x\n", "CODEOWNERS": "*.py @octo/team\n"})
    as_author = ("-c", f"user.name={AUTHOR}", "commit", "-q", "--amend", "--reset-author")
    git(place, *as_author, "-m", "Fixes #1 @octo [skip ci]")
    git(place, "clone", "-q", "--bare", ".", str(place.parent / "origin.git"))
    git(place, "remote", "add", "origin", str(place.parent / "origin.git"))
    git(place, "switch", "-q", "-c", BRANCH)
    return place


def test_a_hostile_repository_is_repaired_and_nothing_it_says_has_an_effect(
    kit: Toolkit, tmp_path: Path, edits: Path
) -> None:
    place = hostile_shop(tmp_path / "shop")
    words = "\n".join(text for text in HEARD.values() if not hidden(text))
    (tmp_path / "request").mkdir()
    (tmp_path / "request" / "ci.log").write_text("\n".join(HEARD.values()) + "\n" + log_of(SHOP))
    info = request(
        tmp_path / "request", place, prompt=words, agents=["scripted"], raw__logs="ci.log"
    )
    ended = kit.run(
        "--request", info, GITHUB_ACTIONS="true", IMPROVE_SCRIPTED_EDITS=str(edits)
    ).good()
    assert "**Status:** ✅ Success" in ended.report and len(headings(ended.report)) == 8
    assert not list(tmp_path.rglob(CANARY))
    assert obeyed(ended.err) == [] and not hidden(ended.err.replace("\r", ""))
    assert ended.run is not None
    texts = {
        str(file.relative_to(ended.run)): file.read_text() for file in ended.run.rglob("*")
        if file.is_file() and not str(file.relative_to(ended.run)).startswith(NAMED_BY_OTHERS)
    } | {"report": ended.report}  # fmt: skip
    assert {name: found for name, text in texts.items() if (found := hidden(text))} == {}
    assert active(ended.report) == [] and "touch canary" in texts["pull-request.md"]
    assert "\N{FULLWIDTH COMMERCIAL AT}octo/team: owns shop.py" in ended.report
    assert active(texts["pull-request.md"].split("---\n", 2)[2]) == []
    for branch in ("fix/wrong-total", "repro/wrong-total"):
        message = git(place, "show", "-s", "--format=%B", branch)
        ours = message.replace(
            "\n[skip ci]\n", "\n", branch.startswith("repro/")
        )  # it is red by design
        assert active_in_commit(ours) == [] and not hidden(message)
    readme = "reproduce-deterministic-failures/wrong-total/README.md"
    assert active(git(place, "show", f"repro/wrong-total:{readme}")) == []
    broken = kit.top / "tools" / "improve" / "markdown.py"  # the control: the same run, undefended
    broken.write_text(f"{broken.read_text()}\n\nplain = prose = code = cell = str\n")
    again = kit.run("--resume", "--from", "report").good()
    found = {problem.partition(":")[0] for problem in active(again.report)}
    assert {"mention", "closing word"} <= found, found
