"""Check 2 on whole files: did a change touch what judges it, though no list of names protects that?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from improve.checks.conduct import LARGEST, Texts, frozen_text
from improve.guard import Ran, judges, ran
from improve.records import FrozenFile, Verdict
from improve.workbench import answers
from improve.workbench.bench import Tree

DEEPEST, MOST = 3, 30  # scripts that run scripts; files altogether


def touched(
    changed: Texts,
    tree: Tree,
    base_commit: str,
    frozen: Sequence[FrozenFile],
    run: Path,
    originals: Sequence[str],
    command: str,
) -> Verdict:
    """The verdict on ``tree``, which is ``base_commit`` with what ``changed``; ``originals``: node ids of CI.

    ``command`` is the check's, '' where it is a test. Raises: Unable when git does not tell what was
    there before.
    """
    before, after = changed
    files = dict.fromkeys(node.partition("::")[0] for node in originals)
    said = [frozen_text(frozen, run), *(_at_base(tree, base_commit, path) or "" for path in files)]
    return judges(before, after, "\n".join(said), _scripts(tree, base_commit, command))


def _scripts(tree: Tree, base_commit: str, command: str) -> dict[Ran, str]:
    """The files of the base that the command runs, and those that its shell scripts run."""
    found: dict[Ran, str] = {}
    texts = [command]
    for _ in range(DEEPEST):
        named = [one for text in texts for one in ran(text)]
        texts = []
        for one in named:
            known = any(one.path == other.path for other in found)
            text = None if known or len(found) >= MOST else _at_base(tree, base_commit, one.path)
            if text is None:
                continue
            first = text.partition("\n")[0][:200]
            shell = one.shell if one.shell is not None else first.startswith("#!") and "sh" in first
            found[Ran(one.path, shell or one.path.endswith((".sh", ".bash")))] = text
            texts += [text] if shell or one.path.endswith((".sh", ".bash")) else []
    return found


def _at_base(tree: Tree, commit: str, path: str) -> str | None:
    """The text of a file of the base; None where there is none."""
    name = f"{commit}:{path}\n".encode("utf-8", "surrogateescape")
    if b"\n" in name[:-1]:
        return None
    there = answers.content(tree.git.run("cat-file", "--batch", stdin=name))
    return None if there is None else there[:LARGEST].decode("utf-8", "replace")
