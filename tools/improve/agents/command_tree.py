"""The folder that a command works in: with a repository to look at, without what it leaves for itself,
and for a question a copy that goes with it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from improve.agents.protocol import Question
from improve.errors import ImproveError
from improve.prompts import render
from improve.workbench.git import Git

WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
PROMPT = Path(__file__).with_name("command-question.md.j2")


def decoy(tree: Path) -> None:
    """A repository for the program to look at.

    What it does to it has no effect: our own git folder and index lie outside the tree.
    """
    folder = tree / ".git"
    folder.mkdir(exist_ok=True)
    Git(folder).must("init", "--quiet", "--template=", what="The agent's tree needs a repository")
    Git(folder).must(
        "config", "core.bare", "false"
    )  # a git folder that is named outright is taken for one
    git = Git(folder, tree, extra={name: "base" for name in WHO})
    git.must("add", "--all", ".")
    git.must("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "base")


def swept(tree: Path, leaves: Sequence[str], kept: set[str]) -> None:
    """Take away what the program put into the tree for itself: patterns, but what was there."""
    for pattern in leaves:
        for path in tree.glob(pattern):
            if path.name in kept:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def asking(question: Question) -> Iterator[tuple[Path, Path]]:
    """A copy of ``question.tree``, and the prompt with the schema behind it (that one stays).

    A copy, since a program of somebody else's may write wherever it works, and many have to.

    Raises: ImproveError when the tree cannot be copied.
    """
    tree, prompt = question.scratch / "tree", question.scratch / "question.md"
    text = question.prompt.read_text("utf-8", "replace")
    schema = json.dumps(question.schema, indent=2)
    prompt.write_text(render(PROMPT, {"prompt": text, "schema": schema}), "utf-8", "replace")
    try:
        _copy(question.tree, tree)
        yield tree, prompt
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def _copy(source: Path | None, tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    if source is None:
        tree.mkdir()
        return
    try:
        shutil.copytree(source, tree, symlinks=True)
    except OSError as error:  # shutil.Error is one, with a list in the place of a reason
        reason = error.strerror or "not all of it could be read"
        raise ImproveError(f"The tree could not be copied for the question: {reason}.") from error
