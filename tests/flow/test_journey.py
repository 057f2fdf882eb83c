"""The whole flow on real repositories: what it leaves, and what it says when there is nothing to fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.support.repositories import git, repository, write
from tests.support.shop import FILES, FIXED, NODE, PRODUCT, RIGHT, TESTS, WRONG
from tests.support.toolkit import Toolkit, headings, log_of, request, toolkit

SECTIONS = [
    "1. Summary",
    "2. Input configuration",
    "3. Phase 1: reproduction",
    "4. Phase 2: root cause",
    "5. Phase 3: fix",
    "6. Phase 4: pull request",
    "7. Next steps",
    "8. Relevant developers",
]
slow = pytest.mark.slow


def branches(place: Path) -> list[str]:
    return git(place, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()


def changed(place: Path, older: str, newer: str) -> list[str]:
    return git(place, "diff", "--name-only", older, newer).splitlines()


def test_a_right_repair_becomes_a_draft_pull_request(shop: Path, fix_shop: Fixing) -> None:
    """The one whole flow of the fast tests; run twice, it publishes once."""
    ended = fix_shop(shop).good()
    report, origin = ended.report, shop.parent / "shop-origin.git"
    assert "**Status:** ✅ Success" in report
    assert headings(report) == SECTIONS
    assert branches(shop) == ["fix/wrong-total", "main", "repro/wrong-total"]
    assert branches(origin) == ["fix/wrong-total", "main"]
    assert git(shop, "rev-parse", "fix/wrong-total") == git(origin, "rev-parse", "fix/wrong-total")
    assert git(shop, "rev-list", "--count", "main..fix/wrong-total") == "1"
    assert changed(shop, "main", "fix/wrong-total") == ["shop.py"]
    assert git(shop, "show", "fix/wrong-total:shop.py") + "\n" == FIXED["shop.py"]
    kept = "reproduce-deterministic-failures/wrong-total"
    assert f"{kept}/tests/test_wrong_total.py" in changed(shop, "main", "repro/wrong-total")
    assert all(name.startswith(kept) for name in changed(shop, "main", "repro/wrong-total"))
    assert ended.run is not None
    patch = (ended.run / "fix.patch").read_text()
    assert patch.count("diff --git") == 1 and f"+    for price in {RIGHT}:" in patch
    told = (ended.run / "pull-request.md").read_text().split("---\n")[1].splitlines()
    assert {'base: "main"', 'head: "fix/wrong-total"', "draft: true", "patch: fix.patch"} < set(
        told
    )
    assert git(shop, "status", "--porcelain") == ""
    assert git(shop, "branch", "--show-current") == "main"
    again = fix_shop(shop).good()
    assert again.artifact("publish")["outcome"] == "unchanged"
    assert "**Status:** ✅ Success" in again.report
    assert branches(origin) == ["fix/wrong-total", "main"]
    assert git(shop, "rev-list", "--count", "main..fix/wrong-total") == "1"


@slow
@pytest.mark.nightly
def test_an_origin_with_a_work_tree_takes_the_branch_too(tmp_path: Path, fix_shop: Fixing) -> None:
    origin = repository(tmp_path / "upstream", FILES)
    git(tmp_path, "clone", "-q", str(origin), "clone")
    ended = fix_shop(tmp_path / "clone").good()
    assert ended.artifact("publish")["outcome"] == "created"
    assert branches(origin) == ["fix/wrong-total", "main"]
    assert git(origin, "status", "--porcelain") == ""
    assert (origin / "shop.py").read_text() == PRODUCT


@pytest.mark.nightly
@slow
def test_without_origin_the_branch_stays_here_and_the_report_says_how_to_push(
    tmp_path: Path, fix_shop: Fixing
) -> None:
    """Together with a wrong ``deterministic``: what the runs show counts, and is told."""
    place = repository(tmp_path / "alone", FILES)
    ended = fix_shop(place, deterministic=False).good()
    assert ended.artifact("publish")["outcome"] == "kept_local"
    assert branches(place) == ["fix/wrong-total", "main", "repro/wrong-total"]
    assert "push origin fix/wrong-total" in ended.report
    assert 'says "deterministic": false' in ended.report.replace("\\", "").replace("&quot;", '"')


@pytest.mark.nightly
@slow
def test_vendored_the_toolkit_is_a_folder_of_the_target(
    tmp_path: Path, cache: Path, edits: Path
) -> None:
    place = repository(tmp_path / "vendoring", FILES)
    kit = toolkit(place / "tools" / "ci", cache)
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "build: the toolkit")
    git(tmp_path, "clone", "-q", "--bare", str(place), "vendoring-origin.git")
    git(place, "remote", "add", "origin", str(tmp_path / "vendoring-origin.git"))
    info = request(place / "tools" / "ci", None, raw__logs=log_of(FILES), agents=["scripted"])
    ended = kit.run("--request", info, IMPROVE_SCRIPTED_EDITS=str(edits)).good()
    assert "**Status:** ✅ Success" in ended.report
    assert ended.artifact("validate")["toolkit_prefix"] == "tools/ci/"
    assert changed(place, "main", "fix/wrong-total") == ["shop.py"]
    kept = "tools/ci/reproduce-deterministic-failures/wrong-total"
    assert all(name.startswith(kept) for name in changed(place, "main", "repro/wrong-total"))
    assert (place / kept / "tests" / "test_wrong_total.py").is_file()
    told = git(place, "status", "--porcelain", "-uall").splitlines()
    assert [line for line in told if kept not in line] == [" M tools/ci/info.json"]


@pytest.mark.parametrize("option", ["--dry-run", "--validate"])
def test_looking_changes_nothing(kit: Toolkit, shop: Path, tmp_path: Path, option: str) -> None:
    info = request(tmp_path / "request", shop, raw__logs=log_of(FILES), agents=["scripted"])
    watched = (kit.top, shop, tmp_path / "request", tmp_path / "shop-origin.git")
    before = [snapshot(place) for place in watched]
    ended = kit.run("--request", info, option, IMPROVE_SCRIPTED_EDITS=str(tmp_path)).good()
    assert [snapshot(place) for place in watched] == before
    assert str(shop) in ended.err
    if option == "--dry-run":
        assert "fetch-logs reproduce fix publish report" in ended.err


def snapshot(place: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and "/lib/" not in str(path) and "__pycache__" not in str(path)
    }


@slow
@pytest.mark.parametrize("committed", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_a_test_that_exists_already_is_the_reproduction(
    tmp_path: Path, fix_shop: Fixing, committed: bool
) -> None:
    files = dict(FILES)
    if not committed:
        files["tests/test_shop.py"] = TESTS.replace("def test_total", "def test_nothing").replace(
            "assert total([1, 2, 3]) == 6", "pass"
        )
    place = repository(tmp_path / "target", files)
    write(place, {"tests/test_shop.py": TESTS})
    ended = fix_shop(place, existing__test__path=NODE).good()
    assert ended.artifact("reproduce")["kind"] == "existing"
    assert ended.artifact("fix")["outcome"] == "fixed"
    assert changed(place, "main", "fix/wrong-total") == ["shop.py"]
    assert (place / "tests/test_shop.py").read_text() == TESTS


@slow
def test_any_command_can_be_the_check(tmp_path: Path, fix_shop: Fixing) -> None:
    place = repository(tmp_path / "target", FILES)
    command = "python -c 'import shop; assert shop.total([1, 2, 3]) == 6'"
    ended = fix_shop(place, check=command).good()
    assert ended.artifact("reproduce")["kind"] == "command"
    assert "**Status:** ✅ Success" in ended.report
    assert changed(place, "main", "fix/wrong-total") == ["shop.py"]


COIN = """
import pathlib
from shop import mean, total
def test_total():
    counter = pathlib.Path("count")  # in the tree: nothing else outlives a run
    count = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(count))
    assert count % 3, "the third one fails"
"""


@pytest.mark.nightly
@slow
def test_a_failure_that_comes_and_goes_is_told_with_its_rate(
    tmp_path: Path, fix_shop: Fixing
) -> None:
    files = {**FILES, "tests/test_shop.py": COIN}
    log = log_of({**files, "count": "2"})
    ended = fix_shop(repository(tmp_path / "target", files), raw__logs=log).good()
    seen = ended.artifact("reproduce")
    assert (seen["outcome"], seen["runs"], seen["failed_runs"]) == ("intermittent", 3, 1)
    rate = seen["rates"][0]
    assert seen["amplifier"] == rate["amplifier"] == "plain"
    assert rate["failures"] == 5 and 13 <= rate["runs"] <= 15, rate
    assert "1 of 3 runs" in ended.report and "⚠️ Partial" in ended.report
    assert ended.artifact("fix")["outcome"] == "not_fixed", "a fix of something else was taken"
    assert ended.artifact("publish")["outcome"] == "nothing_to_publish"
    assert branches(tmp_path / "target") == ["main", "repro/wrong-total"]


@slow
def test_a_failure_that_does_not_show_itself_here(tmp_path: Path, fix_shop: Fixing) -> None:
    log = "platform linux -- Python 3.9.1, pytest-6.2.5, py-1.11.0\n" + log_of(FILES)
    place = repository(tmp_path / "target", FIXED)
    ended = fix_shop(place, raw__logs=log).good()
    assert ended.artifact("reproduce")["outcome"] == "not_reproduced"
    assert "❌ Failed" in ended.report and headings(ended.report) == SECTIONS
    assert "Python 3.9" in ended.report.partition("Differences from the log")[2]
    assert branches(place) == ["main"]


@slow
def test_a_log_without_a_failure(tmp_path: Path, fix_shop: Fixing) -> None:
    place = repository(tmp_path / "target", FILES)
    ended = fix_shop(place, raw__logs=log_of(FIXED)).good()
    assert ended.artifact("reproduce")["outcome"] == "no_failure_in_log"
    assert "❌ Failed" in ended.report and "existing-test-path" in ended.report
    assert branches(place) == ["main"]


@slow
@pytest.mark.parametrize("on_main_too", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_the_fix_is_for_the_default_branch_if_that_fails_too(
    tmp_path: Path, fix_shop: Fixing, on_main_too: bool
) -> None:
    place = repository(tmp_path / "target", FILES if on_main_too else FIXED, origin=True)
    git(place, "switch", "-q", "-c", "feature")
    write(place, {"shop.py": PRODUCT, "news.py": "NEW = True\n"})
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "feat: news")
    base = "main" if on_main_too else "feature"
    ended = fix_shop(place).good()
    assert ended.artifact("publish")["base"] == base, ended.report
    assert git(place, "rev-parse", "fix/wrong-total^") == git(place, "rev-parse", base)
    assert git(place, "rev-parse", "repro/wrong-total^") == git(place, "rev-parse", "feature")
    assert changed(place, base, "fix/wrong-total") == ["shop.py"]
    assert WRONG not in git(place, "show", "fix/wrong-total:shop.py")
