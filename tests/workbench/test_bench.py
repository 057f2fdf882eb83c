"""The workbench: private trees over the user's repository, which stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError
from improve.workbench.bench import workbench
from improve.workbench.folders import remove

AUTHOR = ("Test Author", "author@example.invalid")


def test_a_tree_is_fresh_has_no_git_folder_and_shows_its_changes(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n", "b/c.py": "two\n"})
    with workbench(user / ".git", tmp_path / "bench", AUTHOR) as bench:
        tree = bench.tree("one", git(user, "rev-parse", "HEAD"))
        assert not (tree.path / ".git").exists()
        (tree.path / "a.py").write_text("changed\n")
        (tree.path / "new.py").write_text("new\n")
        (tree.path / "__pycache__").mkdir()
        (tree.path / "__pycache__" / "a.pyc").write_text("x")
        assert tree.changed() == ["a.py", "new.py"]
        assert b"+changed" in tree.diff()
        again = bench.tree("one", git(user, "rev-parse", "HEAD"))
        assert (again.path / "a.py").read_text() == "one\n" and not (again.path / "new.py").exists()
    assert not (tmp_path / "bench").exists()
    assert git(user, "status", "--porcelain") == ""


def test_a_git_folder_planted_in_a_tree_is_never_read(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    canary = tmp_path / "canary"
    with workbench(user / ".git", tmp_path / "bench", AUTHOR) as bench:
        tree = bench.tree("one", git(user, "rev-parse", "HEAD"))
        git(tree.path, "init", "-q")
        script = tmp_path / "script"
        script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
        script.chmod(0o755)
        (tree.path / ".git" / "config").write_text(f"[core]\n\tfsmonitor = {script}\n")
        (tree.path / "a.py").write_text("changed\n")
        git(tree.path, "status")  # the control: a git that discovers does run it
        assert canary.exists(), (
            "the planted configuration has no effect, so this test shows nothing"
        )
        canary.unlink()
        assert tree.changed() == ["a.py"]
        assert not canary.exists(), "git ran what the tree's own configuration says"


def test_hooks_of_the_user_do_not_run(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-{name}\n")
        (hooks / name).chmod(0o755)
    git(user, "config", "core.hooksPath", str(hooks))
    git(user, "commit", "-q", "--allow-empty", "-m", "control")
    assert list(tmp_path.glob("ran-*")), "the hooks have no effect, so this test shows nothing"
    for path in tmp_path.glob("ran-*"):
        path.unlink()
    with workbench(user / ".git", tmp_path / "bench", AUTHOR) as bench:
        tree = bench.tree("one", git(user, "rev-parse", "HEAD"))
        (tree.path / "a.py").write_text("changed\n")
        bench.commit_tree(tree.write_tree(), tree.commit, "fix: it")
    assert not list(tmp_path.glob("ran-*"))


def test_a_patch_applies_whole_or_not_at_all(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    with workbench(user / ".git", tmp_path / "bench", AUTHOR) as bench:
        head = git(user, "rev-parse", "HEAD")
        tree = bench.tree("one", head)
        (tree.path / "a.py").write_text("two\n")
        patch = tree.diff()
        other = bench.tree("two", head)
        other.apply(patch)
        assert (other.path / "a.py").read_text() == "two\n"
        with pytest.raises(ImproveError, match="does not apply"):
            other.apply(patch)


def test_the_same_work_gives_the_same_commit(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    made = []
    for number in range(2):
        with workbench(user / ".git", tmp_path / f"bench{number}", AUTHOR) as bench:
            tree = bench.tree("one", git(user, "rev-parse", "HEAD"))
            (tree.path / "a.py").write_text("two\n")
            made.append(bench.commit_tree(tree.write_tree(), tree.commit, "fix: it"))
    assert made[0] == made[1]


def test_remove_takes_read_only_folders_and_leaves_link_targets(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    place = tmp_path / "place"
    (place / "locked").mkdir(parents=True)
    (place / "locked" / "file").write_text("x")
    (place / "link").symlink_to(outside)
    (place / "locked").chmod(0o500)
    remove(place)
    assert not place.exists() and (outside / "kept").exists()


def test_a_bench_can_be_kept_to_look_into(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    place = tmp_path / "benches" / "bench"
    for _ in range(2):
        with workbench(user / ".git", place, AUTHOR, keep=True) as bench:
            bench.tree("one", git(user, "rev-parse", "HEAD"))
    kept = sorted(path.name for path in place.parent.iterdir())
    assert len(kept) == 2 and not place.exists(), kept
    assert (place.parent / kept[0] / "trees" / "one" / "a.py").read_text() == "one\n"
