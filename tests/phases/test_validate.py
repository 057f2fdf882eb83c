"""What is known to go wrong is told before a run begins, and nothing is written then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError, RequestError
from improve.phases import validate
from improve.phases.validate import slug_of

FILES = {"shop.py": "a = 1\n"}


def request(folder: Path, **values: object) -> Path:
    folder.mkdir(exist_ok=True)
    given = {"deterministic": True, "prompt": "it fails", "name": "shop", **values}
    if "existing-test-path" not in given and "raw-logs" not in given:
        given["existing-test-path"] = "t.py"
    (folder / "info.json").write_text(json.dumps(given))
    return folder / "info.json"


def refusal(tmp_path: Path, place: Path, **values: object) -> RequestError:
    info = request(tmp_path / "request", repository=str(place), **values)
    with pytest.raises(RequestError) as caught:
        validate.run(info, tmp_path, tmp_path / "outputs", None, ("embedded",), tmp_path / "cache")
    assert not (tmp_path / "outputs").exists() and not (tmp_path / "cache").exists()
    return caught.value


@pytest.mark.parametrize("branch", ["fix", "repro", "fix/shop/old"])
def test_a_branch_in_the_way_of_ours(tmp_path: Path, branch: str) -> None:
    place = repository(tmp_path / "shop", FILES)
    git(place, "branch", branch)
    told = refusal(tmp_path, place)
    assert f"a branch {branch!r}" in told.what and f"git branch -m {branch} " in told.cure


def test_branches_of_earlier_runs_are_not_in_the_way(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    for branch in ("fix/shop", "repro/shop", "fix/other/old"):
        git(place, "branch", branch)
    info = request(tmp_path / "request", repository=str(place))
    found, target = validate.check(info, tmp_path, tmp_path / "outputs", None)
    assert found.name == "shop" and target is not None and target.top == place


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    assert "no file" in refusal(tmp_path, place, **{"raw-logs": "missing.log"}).what


def test_log_and_target_are_both_told(tmp_path: Path) -> None:
    told = refusal(tmp_path, tmp_path / "nowhere", **{"raw-logs": "missing.log"})
    assert "no file" in told.what and "there is no folder" in told.what, told
    assert told.cure == "Give the path of a git repository."


def test_work_trees_of_one_repository_meet_in_one_lock(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    git(place, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "other")
    locks = set()
    for top in (place, tmp_path / "beside"):
        info = request(tmp_path / "request", repository=str(top))
        _made, run = validate.run(
            info, tmp_path, tmp_path / "outputs", None, ("embedded",), tmp_path / "cache"
        )
        locks.add((run / "lock").readlink())
    assert len(locks) == 1


def test_a_cache_that_cannot_be_made_leaves_no_run_folder(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    (tmp_path / "cache").touch()
    info = request(tmp_path / "request", repository=str(place))
    with pytest.raises(ImproveError, match="cannot be written"):
        validate.run(info, tmp_path, tmp_path / "outputs", None, ("embedded",), tmp_path / "cache")
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [("Gather: times out!", "gather-times-out"), ("ÄÖ", "failure"), ("../../x", "x"), ("a " * 90, "a-a-a-a-a-a")],
)  # fmt: skip
def test_names_made_of_prompts(prompt: str, slug: str) -> None:
    assert slug_of(prompt) == slug
