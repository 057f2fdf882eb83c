"""What git answered when it was asked for a file: the file, none, or nothing that can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import Unable
from improve.workbench import answers
from improve.workbench.finished import Finished
from improve.workbench.git import Git


@pytest.mark.parametrize(
    ("path", "content"),
    [("a.py", b"x = 1\n"), ("empty.py", b""), ("none.py", None), ("folder", None), ("a\nb", None)],
)
def test_what_git_says_of_a_file(tmp_path: Path, path: str, content: bytes | None) -> None:
    user = repository(tmp_path / "user", {"a.py": "x = 1\n", "empty.py": "", "folder/b.py": "y\n"})
    name = f"{git(user, 'rev-parse', 'HEAD')}:{path}\n".encode()
    told = Git(user / ".git").run("cat-file", "--batch", stdin=name)
    assert answers.content(told) == content


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, b""),
        (0, b"\xff\x00\n{[<\n"),
        (0, b"%b blob 9\nx = 1\n\n" % (b"a" * 40)),
        (128, b"%b blob 6\nx = 1\n\n" % (b"a" * 40)),
        (None, b""),
    ],
)
def test_no_answer_is_not_taken_for_none(code: int | None, said: bytes) -> None:
    with pytest.raises(Unable, match="git cat-file gave no answer"):
        answers.content(Finished(("git", "cat-file"), code, said, b"", 0.1))


def test_what_git_refuses_is_no_verdict_about_anybody(tmp_path: Path) -> None:
    """Else a patch would be refused, or an agent's attempt lost, because of a full disk."""
    user = Git(repository(tmp_path / "user", {"a.py": ""}) / ".git")
    with pytest.raises(Unable, match="git ls-files gave no answer: it ended with status"):
        user.must("ls-files", "--no-such-option")
    with pytest.raises(Unable, match="The list could not be had"):
        user.must("ls-files", "--no-such-option", what="The list could not be had")
