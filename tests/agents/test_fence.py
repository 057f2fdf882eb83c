"""The fence of the tools that run in our own process; each refusal with what would get through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repositories import write

from improve.agents import files
from improve.agents.fence import (
    Bounds,
    Outside,
    Place,
    Refused,
    command_refusal,
    readable,
    refusal,
    writable,
)
from improve.agents.inside import LARGEST_FILE, content_of


@pytest.fixture
def bounds(tmp_path: Path) -> Bounds:
    """A tree beside a secret, with every kind of link that could lead out of it."""
    write(tmp_path, {"secret": "s3cret", "tree2/neighbour": "s3cret", "lib/dep.py": "dep = 1\n"})
    write(tmp_path / "tree", {"a.py": "a = 1\n", "tests/test_a.py": "t\n", ".git/config": "s3cret"})
    tree = tmp_path / "tree"
    (tree / "link").symlink_to(tmp_path / "secret")
    (tree / "folder").symlink_to(tmp_path)
    (tree / "inner").symlink_to("a.py")
    (tree / "git").symlink_to(".git")
    os.mkfifo(tree / "pipe")
    return Bounds(tree, ("tests/test_a.py", "data"), (tmp_path / "lib",))


READS = [
    "../secret", "{top}/secret", "link", "folder/secret", "folder/../../secret", "./tests/../../secret",
    "../tree2/neighbour", "/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/dev/fd/0", "~/.netrc/../..",
    ".git/config", ".GIT/config", "git/config", "sub/.git/config", "a.py/../.git/config", "..", "/",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_nothing_outside_is_read(bounds: Bounds, path: str) -> None:
    asked = path.format(top=bounds.tree.parent)
    with pytest.raises(Refused):
        files.read_file(bounds, asked)
    assert refusal(bounds, asked, write=True)


@pytest.mark.parametrize(
    "path", ["../secret", "{top}/secret", "link", "folder/secret", ".git/config"]
)
def test_the_control_without_a_fence_the_secret_is_read(bounds: Bounds, path: str) -> None:
    assert (bounds.tree / path.format(top=bounds.tree.parent)).read_text() == "s3cret"


WRITES = [
    "../new", "{top}/secret", "link", "folder/new", "../lib/dep.py", ".git/hooks/x", "tests/test_a.py",
    "Tests/Test_A.py", "data/x", "./tests//test_a.py", ".", "inner/x",
]  # fmt: skip


@pytest.mark.parametrize("path", WRITES)
def test_nothing_outside_or_frozen_is_written(bounds: Bounds, path: str) -> None:
    asked, before = path.format(top=bounds.tree.parent), state(bounds)
    for action in (
        lambda: files.write_file(bounds, asked, "x"),
        lambda: files.delete_file(bounds, asked),
    ):
        with pytest.raises(Refused):
            action()
    assert state(bounds) == before


def state(bounds: Bounds) -> dict[str, bytes]:
    top = bounds.tree.parent
    return {str(p): p.read_bytes() for p in top.rglob("*") if p.is_file() and not p.is_symlink()}


def test_what_is_inside_is_read_and_written(bounds: Bounds) -> None:
    """The control of the refusals: the same calls on paths that are allowed."""
    assert "a = 1" in files.read_file(bounds, "a.py")
    assert "a = 1" in files.read_file(bounds, str(bounds.tree / "tests/../a.py"))
    assert "a = 1" in files.read_file(bounds, "inner"), "a link that stays inside is followed"
    assert "dep = 1" in files.read_file(bounds, str(bounds.tree.parent / "lib/dep.py"))
    assert refusal(bounds, "tests/test_b.py", write=True) is None
    files.write_file(bounds, "new/deep/b.py", "b = 1\n")
    assert (bounds.tree / "new/deep/b.py").read_text() == "b = 1\n"
    files.delete_file(bounds, "new/deep/b.py")
    assert not (bounds.tree / "new/deep/b.py").exists()


@pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "x" * 1025, "\ud800"])
def test_paths_that_are_none(bounds: Bounds, path: str) -> None:
    with pytest.raises(Refused):
        readable(bounds, path)


def test_pipes_folders_and_large_files_are_no_files(bounds: Bounds) -> None:
    with (bounds.tree / "large").open("wb") as stream:
        stream.truncate(LARGEST_FILE + 1)
    (bounds.tree / "binary").write_bytes(b"\xff\xfe")
    for path in ("pipe", "tests", "large", "binary", "nowhere"):
        with pytest.raises(Refused):
            files.read_file(bounds, path)
    with pytest.raises(Refused, match="bytes"):
        files.write_file(bounds, "b.py", "x" * (LARGEST_FILE + 1))


def test_a_link_that_is_made_after_the_decision_is_not_followed(bounds: Bounds) -> None:
    """A program of the model's own may run beside its tools: decision and use are two moments."""
    (bounds.tree / "later").mkdir()
    place = writable(bounds, "later/secret")
    (bounds.tree / "later").rmdir()
    (bounds.tree / "later").symlink_to(bounds.tree.parent)
    assert (place.root / place.below).read_text() == "s3cret", "the control: by its path it is open"
    with pytest.raises(Refused):
        content_of(place)
    (bounds.tree / "last").symlink_to(bounds.tree.parent / "secret")
    with pytest.raises(Outside, match="link"):
        content_of(Place(bounds.tree, "last"))


def test_lists_and_searches_stay_inside(bounds: Bounds) -> None:
    listed = files.list_files(bounds).splitlines()
    assert listed == ["a.py", "tests/test_a.py"]
    assert files.search(bounds, "s3cret") == "[no line holds 's3cret']"
    assert files.search(bounds, "a = ") == "a.py:1: a = 1"
    assert files.list_files(bounds, "tests") == "tests/test_a.py"
    with pytest.raises(Outside):
        files.search(bounds, "s3cret", "folder")
    with pytest.raises(Refused):
        files.list_files(bounds, "a.py")


def test_answers_are_cut(bounds: Bounds) -> None:
    (bounds.tree / "long.txt").write_text("x" * 200_000 + "\n" + "needle\n" * 100_000)
    for text in (
        files.read_file(bounds, "long.txt"),
        files.search(bounds, "needle"),
        files.cut("y" * 10**6),
    ):
        assert len(text) < files.ANSWER + 200


ENDS = ["../" * n + "secret" for n in range(4)]


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Bounds:
    """One tree for all examples of a property: they only look."""
    top = tmp_path_factory.mktemp("fence")
    write(top, {"secret": "s", "tree/a.py": "", "tree/tests/t.py": "", "tree/.git/config": ""})
    (top / "tree/folder").symlink_to(top)
    (top / "tree/link").symlink_to(top / "secret")
    (top / "tree/inner").symlink_to("a.py")
    return Bounds(top / "tree")


PARTS = [*ENDS, "folder", "link", "tests", ".", "..", ".git", "inner", "", "a.py"]


@given(parts=st.lists(st.sampled_from(PARTS), max_size=6))
def test_no_path_of_any_parts_leads_to_the_secret(around: Bounds, parts: list[str]) -> None:
    try:
        place = readable(around, "/".join(parts))
    except Refused:
        return
    real = Path(os.path.realpath(place.root / place.below))
    assert real.is_relative_to(around.tree) and ".git" not in real.parts


REFUSED = [
    "gh pr create", "cd x && git push", "git -C . push origin main", "sh -c 'git push'", "env A=1 git push",
    "true; /usr/bin/gh auth token", "ls | xargs gh api", "$(gh auth token)", "`gh auth token`", "sudo ls",
    "if true; then git push; fi", "ssh host", "(twine upload x)", "A=1 B=2 docker ps", "x\0y", "y" * 20_000,
]  # fmt: skip
FINE = ["ls -la", "git status", "git log --grep pushed", "pytest tests/docker -k gh", "python -m ssh_config",
        "grep -rn 'gh' src", "cat docs/sudo.md", "echo push"]  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
def test_publishing_commands_are_not_even_tried(command: str) -> None:
    assert command_refusal(command)


@pytest.mark.parametrize("command", FINE)
def test_other_commands_are(command: str) -> None:
    assert command_refusal(command) is None
