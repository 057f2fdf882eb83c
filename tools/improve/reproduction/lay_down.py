"""Lay the reproduction down: its folder, its README, its log, and the branch that keeps it.

The same content goes to two places: committed on ``repro/<name>`` of the target, and into the
toolkit's own folder, where people look for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError, Unable
from improve.workbench import answers, beneath
from improve.workbench.bench import Tree
from improve.workbench.git import Git
from improve.workbench.ours import require_ours
from improve.workbench.turns import turn
from improve.workbench.users_repository import common_folder

FOLDER = "reproduce-deterministic-failures"
FOLDER_ND = "reproduce-ND-failures"
TRAILER = "Reproduced-by: codebase-improvements"
LOG_BYTES = 200_000


def message_of(name: str) -> str:
    """The commit's message. CI need not run: the test is there because it fails."""
    return f"test: reproduce {name}\n\n[skip ci]"


@dataclass(frozen=True)
class Layout:
    """Paths of one reproduction, relative to the top of the target repository."""

    prefix: str  # where the toolkit lies inside the repository, '' when elsewhere
    name: str
    intermittent: bool = False

    @property
    def folder(self) -> str:
        return f"{self.prefix}{FOLDER_ND if self.intermittent else FOLDER}/{self.name}"

    @property
    def test(self) -> str:
        return f"{self.folder}/tests/test_{self.name.replace('-', '_')}.py"


def write_branch(tree: Tree, files: Mapping[str, bytes], name: str, message: str) -> str:
    """Commit the reproduction's files on top of the tree's commit; the commit's id."""
    for path, content in files.items():
        beneath.write(tree.path, path, content)
    # Named paths, with force: the target may ignore logs/ or *.log.
    tree.git.must("add", "--force", "--", *files.keys())
    made = tree.git.new_id("write-tree")
    if made == tree.git.line("rev-parse", "--verify", f"{tree.commit}^{{tree}}"):
        raise Unable("git did not take the reproduction's files.", answers.CURE)
    commit = tree.bench.commit_tree(made, tree.commit, f"{message}\n\n{TRAILER}\n")
    tree.git.set_ref(f"refs/heads/repro/{name}", commit)
    return commit


def hand_over(bench_folder: Path, user: Git, branch: str, commit: str, trailer: str) -> str:
    """Fetch one branch out of the workbench into the user's repository: 'created', 'updated' or
    'unchanged'. Checkout, index, stash and every other ref stay as they are.

    Raises: ImproveError when a branch of that name is not as we left it.
    """
    ref = f"refs/heads/{branch}"
    # Work trees of one repository share its branches.
    with turn(bench_folder.parent.parent, common_folder(user.folder)):
        there = user.commit_of(ref)
        if there == commit:
            return "unchanged"
        if there:
            require_ours(user, there, trailer, f"The branch {branch}", _keeping(branch))
        done = user.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc",
            "--no-recurse-submodules", str(bench_folder / "repository.git"), f"+{commit}:{ref}",
        )  # fmt: skip
    if not done.ok or user.commit_of(ref) != commit:
        raise ImproveError(
            f"The branch {branch} could not be written: {done.tail(300).strip()}",
            f"If {branch} is checked out somewhere, check out another branch there, then resume.",
        )
    return "updated" if there else "created"


def _keeping(branch: str) -> str:
    return (
        f'To keep it, rename it (git branch -m {branch} NEW-NAME), or give the request another "name". '
        f"If nobody needs it: git branch -D {branch}. Then go on with ./run.sh --resume."
    )


def copy_into_toolkit(toolkit: Path, layout: Layout, files: Mapping[str, bytes]) -> None:
    """The same files below the toolkit's own reproduction folder."""
    for path, content in files.items():
        relative = path[len(layout.prefix) :]
        place = toolkit / relative
        if not place.is_file() or place.read_bytes() != content:
            rundir.write_whole(place, content)
