"""Whether the tip of a branch is still the commit that this toolkit made, and nobody's work since.

The trailer alone does not tell: ``git commit --amend`` and ``git rebase`` keep it. But
``Bench.commit_tree`` gives a commit one author and committer, and both dates its parent's, which no
commit has that a person makes, amends or rebases: git dates it when that is done.
"""

from __future__ import annotations

from improve.errors import ImproveError
from improve.visible import visible
from improve.workbench import answers
from improve.workbench.git import Git

_ASKED = "%P%n%an %ae %at%n%cn %ce %ct%n%ct%n%cn, %cI%n%B"


def require_ours(git: Git, commit: str, trailer: str, named: str, cure: str) -> None:
    """``commit`` is the tip of the branch that is ``named`` so. What is not ours is not written over.

    Raises: ImproveError saying what was found, with ``cure``; Unable when git cannot tell.
    """
    found = _why_not(git, commit, trailer)
    if found:
        raise ImproveError(f"{named} {found}", cure)


def _why_not(git: Git, commit: str, trailer: str) -> str:
    done = git.run("show", "-s", f"--format={_ASKED}", commit)
    said = done.text.split("\n", 5)
    if not done.ok or len(said) < 6:
        raise answers.unclear(done, "The branch's last commit could not be read")
    parents, author, committer, date, by, message = said
    if trailer not in message:
        return "was not made by this toolkit."
    if not parents:
        return (
            f"ends at {commit[:12]} in a clone without its history, so nobody can tell who changed it "
            "last (git fetch --unshallow brings the history)."
        )
    made = len(parents.split()) == 1 and author == committer
    if made and git.line("show", "-s", "--format=%ct", parents) == date:
        return ""
    return (
        f"was made by this toolkit and changed since, by hand or by a rebase: {commit[:12]} is by "
        f"{visible(by)}. It is not written over."
    )
