"""Publishing again moves a branch that is as we left it, and never one that a person has changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import ImproveError
from improve.forge import local
from improve.reproduction.lay_down import hand_over
from improve.workbench.bench import workbench
from improve.workbench.git import Git

OURS = "Fixed-by: us"
BRANCH = "fix/shop"
AUTHOR = ("Test Author", "author@example.invalid")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", {"shop.py": "a = 1\n", "lib.py": "b = 1\n"}, origin=True)


def by_hand(place: Path, *words: str, **world: str) -> None:
    """git as a person calls it, now: the other calls of these tests have a date that is fixed."""
    keep = {key: value for key, value in os.environ.items() if not key.endswith("_DATE")}
    done = subprocess.run(
        ["git", *words], cwd=place, env={**keep, **world}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def publish(shop: Path, text: str) -> list[str]:
    """What a run does at its end: its commit in the user's repository, then at the origin."""
    place = shop.parent / "cache" / "workbenches" / "run"
    with workbench(shop / ".git", place, AUTHOR) as bench:
        tree = bench.tree("one", git(shop, "rev-parse", "main"))
        (tree.path / "shop.py").write_text(text)
        commit = bench.commit_tree(tree.write_tree(), tree.commit, f"fix: it\n\n{OURS}\n")
        here = hand_over(place, Git(shop / ".git"), BRANCH, commit, OURS)
        there = local.push(bench.git, shop.parent / "shop-origin.git", BRANCH, commit, OURS)
    return [here, there]


def amended(shop: Path) -> None:
    write(shop, {"shop.py": "a = 2  # as the reviewer wants it\n"})
    by_hand(shop, "commit", "-q", "-a", "--amend", "--no-edit")


def amended_as_ones_own(shop: Path) -> None:
    write(shop, {"shop.py": "a = 2  # as the reviewer wants it\n"})
    by_hand(shop, "commit", "-q", "-a", "--amend", "--no-edit", "--reset-author")


def amended_with_our_date(shop: Path) -> None:
    date = git(shop, "show", "-s", "--format=%cI")
    write(shop, {"shop.py": "a = 2  # as the reviewer wants it\n"})
    who = {"GIT_COMMITTER_NAME": "Reviewer", "GIT_COMMITTER_DATE": date}
    by_hand(shop, "commit", "-q", "-a", "--amend", "--no-edit", **who)


def rebased(shop: Path) -> None:
    git(shop, "checkout", "-q", "main")
    write(shop, {"lib.py": "b = 2\n"})
    git(shop, "commit", "-q", "-a", "-m", "feat: meanwhile")
    git(shop, "checkout", "-q", BRANCH)
    by_hand(shop, "rebase", "-q", "main")


def gone_on_with(shop: Path) -> None:
    write(shop, {"lib.py": "b = 2\n"})
    by_hand(shop, "commit", "-q", "-a", "-C", "HEAD", "--reset-author")


CHANGES = (amended, amended_as_ones_own, amended_with_our_date, rebased, gone_on_with)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("at_the_origin", [True, False])
def test_what_a_person_made_of_it_stays(
    shop: Path, change: Callable[[Path], None], at_the_origin: bool
) -> None:
    assert publish(shop, "a = 2\n") == ["created", "created"]
    ours = git(shop, "rev-parse", BRANCH)
    git(shop, "checkout", "-q", BRANCH)
    change(shop)
    theirs = git(shop, "rev-parse", "HEAD")
    git(shop, "checkout", "-q", "main")
    place = shop
    if at_the_origin:
        git(shop, "push", "-q", "-f", "origin", BRANCH)
        git(shop, "branch", "-q", "-f", BRANCH, ours)
        place = shop.parent / "shop-origin.git"
    with pytest.raises(ImproveError, match="changed since, by hand") as caught:
        publish(shop, "a = 3\n")
    assert git(place, "rev-parse", BRANCH) == theirs
    assert theirs[:12] in caught.value.what and "NEW-NAME" in caught.value.cure
    assert ("git push origin" if at_the_origin else "git branch -m") in caught.value.cure


def test_what_nobody_changed_is_updated_wherever_the_work_began(shop: Path) -> None:
    """The control: also from another commit than the one before, and dated in another zone."""
    assert publish(shop, "a = 2\n") == ["created", "created"]
    assert publish(shop, "a = 2\n") == ["unchanged", "unchanged"]
    assert publish(shop, "a = 3\n") == ["updated", "updated"]
    write(shop, {"lib.py": "b = 2\n"})
    by_hand(
        shop, "commit", "-q", "-a", "-m", "feat: it", GIT_COMMITTER_DATE="2026-03-01T01:02:03+05:30"
    )
    assert publish(shop, "a = 3\n") == ["updated", "updated"]
    assert publish(shop, "a = 4\n") == ["updated", "updated"]


def test_the_origin_is_asked_for_what_this_clone_lacks(shop: Path) -> None:
    """A clone of one commit, such as CI's, made when the base had moved on."""
    publish(shop, "a = 2\n")
    write(shop, {"lib.py": "b = 2\n"})
    git(shop, "commit", "-q", "-a", "-m", "feat: meanwhile")
    git(shop, "push", "-q", "origin", "main")
    origin = shop.parent / "shop-origin.git"
    git(shop.parent, "clone", "-q", "--depth=1", "--branch=main", f"file://{origin}", "ci/shop")
    (shop.parent / "ci" / "shop-origin.git").symlink_to(origin)
    assert publish(shop.parent / "ci" / "shop", "a = 3\n") == ["created", "updated"]


def test_a_tip_whose_history_is_not_here_is_no_proof_of_being_ours(shop: Path) -> None:
    publish(shop, "a = 2\n")
    origin = shop.parent / "shop-origin.git"
    git(
        shop.parent, "clone", "-q", "--depth=1", f"--branch={BRANCH}", f"file://{origin}", "ci/shop"
    )
    clone = shop.parent / "ci" / "shop"
    git(clone, "fetch", "-q", "--depth=1", "origin", "main:main")
    git(clone, "checkout", "-q", "main")
    (shop.parent / "ci" / "shop-origin.git").symlink_to(origin)
    with pytest.raises(ImproveError, match="git fetch --unshallow"):
        publish(clone, "a = 3\n")
    git(clone, "fetch", "-q", "--unshallow")
    assert publish(clone, "a = 3\n") == ["updated", "updated"], "as the message says"
