"""What changed lately where the failure points: the likeliest cause of a test that was green."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from improve.workbench.git import Git

COMMITS = 3
FILES = 4
KEPT = 24_000
FORMAT = "--format=--- commit %h, %cs: %s"


def recent_changes(git: Git, commit: str, where: Mapping[str, Sequence[int]]) -> str:
    """The last commits that touched the marked lines, as diffs; '' when git cannot tell.

    Lines are followed with ``git log -L`` (their history, not the file's); a file that is newer
    than that, or lines that git cannot follow, give the file's last commits.
    """
    shown = []
    for path, lines in list(where.items())[:FILES]:
        if git.run("cat-file", "-e", f"{commit}:{path}").ok:
            told = (_lines(git, commit, path, lines) if lines else "") or _file(git, commit, path)
            if told:
                shown.append(f"=== {path}\n{told}")
    return "\n\n".join(shown)


def _lines(git: Git, commit: str, path: str, lines: Sequence[int]) -> str:
    first, last = max(1, min(lines[:6]) - 3), max(lines[:6]) + 3
    if last - first > 120:
        first, last = max(1, lines[0] - 10), lines[0] + 10
    done = git.run(
        "log", f"-{COMMITS}", "--no-color", "--no-ext-diff", "--no-textconv", FORMAT,
        f"-L{first},{last}:{path}", commit, keep=KEPT,
    )  # fmt: skip
    return done.text.strip() if done.ok else ""


def _file(git: Git, commit: str, path: str) -> str:
    done = git.run(
        "log", f"-{COMMITS}", "--no-color", "--no-ext-diff", "--no-textconv", FORMAT, "-p",
        "--unified=2", commit, "--", path, keep=KEPT,
    )  # fmt: skip
    return done.text.strip() if done.ok else ""
