"""The reproduction's branch, made anew where the fix is published: plain files in its own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError
from improve.records import Reproduction, Request, ValidatedRequest
from improve.reproduction import kept_branch
from improve.reproduction.kept_branch import kept_commit
from improve.reproduction.lay_down import Layout
from improve.workbench.bench import Bench, workbench
from improve.workbench.git import Git
from improve.workbench.users_repository import identity

FOLDER = "reproduce-deterministic-failures/total"
FILES = {f"{FOLDER}/tests/test_total.py": b"assert 0\n", f"{FOLDER}/logs/41.txt": b"log\n"}


class Kept:
    """A clone that lacks the branch, and the run folder of another machine."""

    def __init__(self, folder: Path, bench: Bench, clone: Path, name: str) -> None:
        self.bench, self.clone, self.user = bench, clone, Git(clone / ".git")
        self.run = folder / "run"
        self.validated = ValidatedRequest(
            request=Request(deterministic=True, prompt="x"), request_path=Path("x"), name=name,
            slug=name, repository=clone, toolkit_prefix="", head="", branch=None, agents=(),
        )  # fmt: skip
        kept_branch.keep(self.run, Layout("", name), FILES)

    def commit(self, branch: str = "repro/total", kept: str = "1" * 40) -> str:
        head = git(self.clone, "rev-parse", "HEAD")
        made = Reproduction(outcome="reproduced", commit=head, branch=branch, branch_commit=kept)
        return kept_commit(self.run, self.bench, self.user, self.validated, made)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    (tmp_path / "outside").mkdir()
    clone = repository(tmp_path / "clone", {"a.py": "x = 1\n"})
    (clone / "reproduce-deterministic-failures").symlink_to(tmp_path / "outside")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "a link where the folder goes")
    user = Git(clone / ".git", clone)
    with workbench(user.folder, tmp_path / "bench", identity(user), False) as bench:
        yield Kept(tmp_path, bench, clone, "total")


def test_the_commit_holds_the_kept_files_and_nothing_else(kept: Kept, tmp_path: Path) -> None:
    made = kept.commit()
    there = kept.bench.git
    listed = there.must("ls-tree", "-r", "--name-only", made).decode().split()
    assert listed == ["a.py", *sorted(FILES)]
    assert there.must("show", f"{made}:{FOLDER}/tests/test_total.py") == b"assert 0\n"
    assert there.line("show", "-s", "--format=%s|%P", made) == (
        f"test: reproduce total|{git(kept.clone, 'rev-parse', 'HEAD')}"
    )
    assert there.must("show", "-s", "--format=%b", made).decode().splitlines()[0] == "[skip ci]"
    assert kept.commit() == made, "the same files are the same commit"
    assert not list((tmp_path / "outside").iterdir()), "a link was followed"


def test_where_the_branch_is_there_it_is_taken_as_it_is(kept: Kept) -> None:
    head = git(kept.clone, "rev-parse", "HEAD")
    git(kept.clone, "branch", "repro/total", "HEAD")
    assert kept.commit(kept=head) == head
    assert kept.commit() != head, "a branch of that name with another commit is not ours to push"


def test_without_a_branch_of_that_name_or_without_files_there_is_nothing(kept: Kept) -> None:
    assert kept.commit(branch="") == "" == kept.commit(branch="main")
    for file in kept.run.rglob("*.*"):
        file.unlink()
    assert kept.commit() == ""


def plant(name: str, content: bytes = b"x") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return write


def link(folder: Path) -> None:
    (folder / "x.txt").symlink_to("/etc/passwd")


PLANTED = {
    "a hidden file": plant(".gitattributes"),
    "a hidden folder": plant(".github/workflows/x.yml"),
    "an odd name": plant("a\nb"),
    "an option": plant("-x"),
    "too deep": plant("a/b/c/d/e.txt"),
    "too large": plant("a.txt", b"x" * 5_000_001),
    "a link": link,
}


@pytest.mark.parametrize("wrong", PLANTED.values(), ids=PLANTED)
def test_what_no_reproduction_holds_is_refused(kept: Kept, wrong: Callable[[Path], None]) -> None:
    """The control is the first test."""
    wrong(kept.run / kept_branch.FOLDER)
    with pytest.raises(ImproveError, match="no file of a reproduction"):
        kept.commit()
