"""A file below a folder is written there and nowhere else, whatever lies in its way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.repositories import write

from improve.errors import ImproveError
from improve.workbench import beneath


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree beside the user's file."""
    write(tmp_path, {"home/.bashrc": "mine", "tree/tests/test_a.py": "was"})
    return tmp_path / "tree"


def test_a_file_is_made_or_keeps_its_mode(tree: Path) -> None:
    (tree / "tests" / "test_a.py").chmod(0o755)
    for path in ("tests/test_a.py", "new/deep/test_b.py", "top.py"):
        beneath.write(tree, path, b"is")
        assert (tree / path).read_bytes() == b"is"
    assert (tree / "tests" / "test_a.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("kind", ["link", "dangling", "hard", "fifo", "read-only"])
def test_what_lies_in_its_place_is_replaced_not_followed(tree: Path, kind: str) -> None:
    place, users = tree / "tests" / "test_a.py", tree.parent / "home" / ".bashrc"
    place.unlink()
    if kind == "link":
        place.symlink_to(users)
    elif kind == "dangling":
        place.symlink_to(users.with_name("usercustomize.py"))
    elif kind == "hard":
        os.link(users, place)
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.write_text("longer than it will be")
        place.chmod(0o444)
    beneath.write(tree, "tests/test_a.py", b"is")
    assert place.read_bytes() == b"is" and not place.is_symlink()
    assert users.read_text() == "mine" and list(users.parent.iterdir()) == [users]


def test_a_folder_above_may_be_a_link_that_stays_inside(tree: Path) -> None:
    (tree / "checks").symlink_to("tests")
    beneath.write(tree, "checks/test_a.py", b"is")
    assert (tree / "tests" / "test_a.py").read_bytes() == b"is"


@pytest.mark.parametrize("target", ["../home", "{home}", "circle", "../home/none"])
def test_a_folder_above_that_leads_out_is_refused(tree: Path, target: str) -> None:
    home = tree.parent / "home"
    (tree / "circle").symlink_to(target.format(home=home))
    for path in ("circle/test_a.py", "circle/deep/test_a.py", "../home/test_a.py"):
        with pytest.raises(ImproveError, match=r"outside the checkout|could not be written"):
            beneath.write(tree, path, b"is")
    (tree / "folder.py").mkdir()
    with pytest.raises(ImproveError, match=r"folder\.py could not be written"):
        beneath.write(tree, "folder.py", b"is")
    assert [one.name for one in home.iterdir()] == [".bashrc"]


def test_what_is_read_lies_below_and_is_a_regular_file(tree: Path) -> None:
    write(tree, {"tests/line.py": "a\r\nb\rc\n"})
    (tree / "tests" / "bytes.py").write_bytes(b"\xff")
    (tree / "inside.py").symlink_to("tests/line.py")
    (tree / "link.py").symlink_to("../home/.bashrc")
    (tree / "out").symlink_to("../home")
    (tree / "circle.py").symlink_to("circle.py")
    (tree / "zero.py").symlink_to("/dev/zero")
    os.mkfifo(tree / "fifo.py")
    for path in ("tests/line.py", "inside.py"):
        assert beneath.text(tree, path) == "a\nb\nc\n"
        assert beneath.lines(tree, path) == ["a", "b", "c"]
    hostile = ("link.py", "out/.bashrc", "../home/.bashrc", "circle.py", "zero.py", "fifo.py")
    for path in (*hostile, "tests", "", "missing.py", str(tree.parent / "home/.bashrc")):
        assert (beneath.read(tree, path), beneath.lines(tree, path)) == (None, []), path
    assert (beneath.text(tree, "tests/bytes.py"), beneath.read(tree, "tests/bytes.py")) == (
        None,
        b"\xff",
    )
