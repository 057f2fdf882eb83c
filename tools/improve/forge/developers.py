"""Who knows the touched lines: their last authors, and the owners that the project names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from codeowners import CodeOwners
from unidiff.patch import PatchSet

from improve.evidence import redact
from improve.records import Developer
from improve.visible import visible
from improve.workbench.git import Git

CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MOST = 5
MOST_NAME = 100


def developers(git: Git, commit: str, patch: bytes) -> tuple[Developer, ...]:
    """People to ask about a patch on top of ``commit``, owners first, then authors by lines."""
    files = PatchSet(patch.decode("utf-8", "replace"))
    found: dict[str, str] = {}
    for path, owner in _owners(git, commit, [file.path for file in files]):
        found.setdefault(owner, f"owns {path} (CODEOWNERS)")
    lines: Counter[str] = Counter()
    for file in files:
        if file.is_added_file:
            continue
        for hunk in file:
            start, length = max(1, hunk.source_start), max(1, hunk.source_length)
            lines.update(_authors(git, commit, file.path, start, start + length - 1))
    for name, count in lines.most_common(MOST):
        found.setdefault(name, f"last changed {count} of the lines around the fix")
    return tuple(Developer(name=name, why=why) for name, why in list(found.items())[:MOST])


def _authors(git: Git, commit: str, path: str, first: int, last: int) -> Iterable[str]:
    asked = ("blame", "--line-porcelain", "-L", f"{first},{last}", commit, "--", path)
    done = git.run(*asked)
    if not done.ok or b"\nauthor " not in done.stdout:
        done = git.run(*asked)  # nobody waits for names, but what passes is not to cost them
    # At LF alone: a line of the file itself begins with a tab, and may hold other line ends.
    for line in done.text.split("\n") if done.ok else ():
        if line.startswith("author "):
            yield _name(line[len("author ") :])


def _owners(git: Git, commit: str, files: list[str]) -> Iterable[tuple[str, str]]:
    for place in CODEOWNERS:
        done = git.run("show", f"{commit}:{place}")
        if done.ok and b"\0" not in done.stdout:
            rules = CodeOwners(done.text)
            for file in files:
                for _kind, owner in rules.of(file):
                    yield visible(file), _name(owner)
            return


def _name(text: str) -> str:
    """A name as anybody may write it into a commit: cleaned, without secrets, not endless."""
    return redact(" ".join(visible(text[:MOST_NAME]).split()))
