"""Repositories as they are found in the field: found, checked out, patched, and left alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import Unable
from improve.reproduction.lay_down import hand_over
from improve.workbench.bench import Tree, workbench
from improve.workbench.git import Git
from improve.workbench.turns import turn
from improve.workbench.users_repository import common_folder, discover, identity_of

FILES = {"shop.py": "a = 1\nb = 2\n", "tests/test_shop.py": "import shop\n"}
WHO = ("A", "a@example.invalid")


def edited(tree: Tree) -> bytes:
    """The diff of one edited line, as an agent would leave it."""
    text = (tree.path / "shop.py").read_bytes()
    (tree.path / "shop.py").write_bytes(text.replace(b"b = 2", b"b = 3"))
    return tree.diff()


def one_line_travels(place: Path, tmp_path: Path) -> None:
    """Check out, edit, diff, and apply the diff to another fresh tree."""
    found = discover(place)
    assert found is not None
    head = Git(found[1]).commit_of("HEAD")
    with workbench(found[1], tmp_path / "bench", WHO) as bench:
        tree = bench.tree("one", head)
        assert tree.diff() == b"", f"a fresh tree differs from its commit:\n{tree.diff()!r}"
        patch = edited(tree)
        assert patch.count(b"diff --git") == 1, patch
        again = bench.tree("two", head)
        again.apply(patch)
        assert b"b = 3" in (again.path / "shop.py").read_bytes()
        assert again.diff() == patch


@pytest.mark.parametrize("name", ["with space", "ünï", 'quote"', "new\nline", "-dash", "a\x85b"])
def test_any_folder_name(tmp_path: Path, name: str) -> None:
    one_line_travels(repository(tmp_path / name / "shop", FILES), tmp_path)


def test_a_work_tree_of_its_own(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", FILES)
    git(main, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "other")
    one_line_travels(tmp_path / "beside", tmp_path)
    found = discover(tmp_path / "beside")
    assert found is not None and found[0] == tmp_path / "beside"
    assert common_folder(found[1]) == main / ".git" == common_folder(main / ".git")


def test_work_trees_of_one_repository_take_turns(tmp_path: Path) -> None:
    """They share its branches, and so git's own lock files, for which nobody waits."""
    main = repository(tmp_path / "main", FILES)
    git(main, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "other")
    found = discover(tmp_path / "beside")
    assert found is not None
    user, place = Git(found[1]), tmp_path / "cache" / "workbenches" / "run"
    with workbench(user.folder, place, WHO) as bench:
        head = git(main, "rev-parse", "HEAD")
        commit = bench.commit_tree(git(main, "rev-parse", "HEAD^{tree}"), head, "fix: it")
        bench.git.set_ref("refs/heads/publish", commit)
        writer = threading.Thread(target=hand_over, args=(place, user, "fix/it", commit, "ours"))
        with turn(tmp_path / "cache", main / ".git"):
            writer.start()
            writer.join(1.5)
            assert writer.is_alive() and user.commit_of("fix/it") == ""
        writer.join(60)
        assert user.commit_of("fix/it") == commit, "the control: it is our turn now"


def test_a_git_folder_elsewhere(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    (place / ".git").rename(tmp_path / "elsewhere.git")
    git(place, f"--git-dir={tmp_path / 'elsewhere.git'}", "config", "core.worktree", str(place))
    (place / ".git").write_text(f"gitdir: {tmp_path / 'elsewhere.git'}\n")
    one_line_travels(place, tmp_path)


def test_a_shallow_clone(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    git(place, "commit", "-q", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{place}", "shallow")
    one_line_travels(tmp_path / "shallow", tmp_path)


def test_sha256(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    git(tmp_path, "init", "-q", "--object-format=sha256", str(place))
    write(place, FILES)
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "start")
    one_line_travels(place, tmp_path)


@pytest.mark.parametrize(
    "attributes",
    [
        "* text=auto eol=crlf", "* filter=lfs diff=lfs merge=lfs", "* export-ignore", "*.py ident",
        "*.py working-tree-encoding=UTF-16", "* -text", "* binary", "* diff=odd",
    ],
)  # fmt: skip
def test_attributes(tmp_path: Path, attributes: str) -> None:
    place = repository(tmp_path / "shop", FILES)
    write(place, {".gitattributes": f"{attributes}\n"})
    git(place, "add", ".gitattributes")
    git(place, "commit", "-q", "-m", "attributes")
    if "UTF-16" in attributes or "binary" in attributes:
        found = discover(place)
        assert found is not None
        with workbench(found[1], tmp_path / "bench", WHO) as bench:
            assert bench.tree("one", Git(found[1]).commit_of("HEAD")).diff() == b""
        return
    one_line_travels(place, tmp_path)


def test_line_ends_links_submodules_and_odd_names(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"x": "x\n"})
    place = repository(tmp_path / "shop", {**FILES, "od d\tname'": "x\n"})
    (place / "crlf.txt").write_bytes(b"a\r\nb\r\n")
    (place / "link").symlink_to("shop.py")
    (place / "dangling").symlink_to("/nonexistent")
    git(place, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "odd")
    one_line_travels(place, tmp_path)


def test_a_detached_head_and_a_rebase_under_way(tmp_path: Path) -> None:
    place = repository(tmp_path / "shop", FILES)
    git(place, "checkout", "-q", "--detach")
    (place / ".git" / "rebase-merge").mkdir()
    one_line_travels(place, tmp_path)


def test_no_repository_with_a_work_tree(tmp_path: Path) -> None:
    repository(tmp_path / "shop", FILES, origin=True)
    assert discover(tmp_path) is None
    assert discover(tmp_path / "shop-origin.git") is None


def test_two_clones_at_one_place_are_told_apart_by_their_remotes(tmp_path: Path) -> None:
    user = repository(tmp_path / "user", FILES)
    alone = identity_of(user)
    git(user, "config", "remote.origin.url", "https://git.example.invalid/a\nb")
    first = identity_of(user)
    git(user, "config", "remote.origin.url", "https://git.example.invalid/a\nc")
    assert len({alone, first, identity_of(user)}) == 3
    (user / ".git" / "config").write_text("no configuration\n")
    with pytest.raises(Unable):
        identity_of(user)
