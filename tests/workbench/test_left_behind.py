"""What a program may leave in a tree so that our own looking, adding and removing goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.agents.embedded_files import python_files, read
from improve.errors import ImproveError, Unable
from improve.workbench.bench import Bench, Tree, workbench
from improve.workbench.folders import remove, temporary

AUTHOR = ("Test Author", "author@example.invalid")
DEEP = 1500  # more than Python lets a function call itself


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    user = repository(tmp_path / "user", {"a.py": "one\n"})
    with workbench(user / ".git", tmp_path / "bench", AUTHOR) as made:
        yield made


@pytest.fixture
def tree(bench: Bench, tmp_path: Path) -> Tree:
    return bench.tree("one", git(tmp_path / "user", "rev-parse", "HEAD"))


def nest(place: Path) -> None:
    """DEEP folders, one in the other; no path of them is written out, since it would be too long."""
    here = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def test_no_repository_behind_a_link_loses_its_history(tree: Tree, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"b.py": "two\n"})
    (tree.path / "link").symlink_to(other)
    (tree.path / "inner").mkdir()
    git(tree.path / "inner", "init", "-q")  # git refuses to add it, so its .git is taken away
    (tree.path / "inner" / "c.py").write_text("three\n")
    assert sorted(tree.changed()) == ["inner/c.py", "link"]
    assert not (tree.path / "inner" / ".git").exists(), "the control: such folders are taken away"
    assert git(other, "log", "--format=%s"), "the history of another repository is gone"


@pytest.mark.parametrize("name", ["git~1", "inner/.git "])
def test_a_name_that_git_never_takes_ends_the_attempt_and_not_the_run(
    tree: Tree, name: str
) -> None:
    (tree.path / name).parent.mkdir(exist_ok=True)
    (tree.path / name).write_text("x")
    with pytest.raises(ImproveError, match="git takes no such file: error: invalid path") as met:
        tree.diff()
    assert not isinstance(met.value, Unable)


def test_a_run_goes_on_behind_folders_that_are_nested_without_end(bench: Bench, tree: Tree) -> None:
    nest(tree.path)
    assert python_files(tree.path) == ("a.py",)
    again = bench.tree("one", tree.commit)
    assert sorted(place.name for place in again.path.iterdir()) == ["a.py"]
    with temporary("improve-test-") as place:
        nest(place)
    assert not place.exists()


def test_what_is_not_to_be_entered_is_removed_deep_down_too(tmp_path: Path) -> None:
    place, users = tmp_path / "place", tmp_path / "users"
    users.mkdir()
    (users / "kept").write_text("mine")
    place.mkdir()
    nest(place)
    (place / "link").symlink_to(users)
    (place / "closed").mkdir()
    (place / "closed").chmod(0)
    remove(place)
    assert not place.exists() and (users / "kept").read_text() == "mine"


def test_a_pipe_in_the_place_of_a_module_is_no_module(tree: Tree) -> None:
    (tree.path / "a.py").unlink()
    os.mkfifo(tree.path / "a.py")
    assert read(tree.path, "a.py") is None
