"""Check 9: what the fix does not need. Each hunk is taken back by itself; the test has to fail then.

It warns and decides nothing: a hunk that the test does not notice may still be right (a message, a
docstring, a second place of the same fault), but somebody should look at it. That the diff as a
whole is needed is shown by the runs before.
"""

from __future__ import annotations

from pathlib import Path

from improve.checks.ground import Ground
from improve.checks.warm import WarmRun, WarmServer, warm_server
from improve.errors import ImproveError
from improve.guard import each_taken_back, hunks_of
from improve.guard.hunks import Back
from improve.records import Verdict
from improve.workbench import beneath
from improve.workbench.bench import Tree
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary

RULE = "hunks"
MOST = 12
SESSION = "hunks"


def needless(ground: Ground, patch: bytes, tree: Tree) -> tuple[Verdict, int]:
    """Which hunks of ``patch`` the reproduction does not need in ``tree``; interpreters started."""
    hunks = hunks_of(patch)
    if len(hunks) < 2:
        return _yes("one hunk, and without it the test fails"), 0
    if ground.check.command or ground.check.stress or ground.check.pace:
        return _without("each hunk by itself is tried on tests that always fail"), 0
    ways = [back for back in each_taken_back(patch, _texts(tree, hunks)) if _python(back.path)]
    if not ways:
        return _without(f"none of {len(hunks)} hunks can be taken back by itself"), 0
    ground.progress(f"taking back each of {len(hunks)} hunks")
    try:
        found = _tried(ground, tree, ways[:MOST])
    except ImproveError as error:
        return _look(f"not shown: {error.what}"), 1
    if found is None:
        return _without("taken back in memory, they leave the test as it is"), 1
    tried = f"{len(ways[:MOST])} of {len(hunks)} hunks were taken back, each by itself"
    if found:
        return _look(f"{tried}; the test passes without {', '.join(found[:5])}"), 1
    return _yes(f"{tried}; the test fails without any of them"), 1


def _texts(tree: Tree, hunks: list[tuple[str, bool]]) -> dict[str, str]:
    paths = {place.rpartition(":")[0] for place, edited in hunks if edited}
    texts = {}
    for path in paths:
        content = None if (tree.path / path).is_symlink() else beneath.read(tree.path, path)
        if content is not None:
            texts[path] = content.decode("utf-8", "replace")
    return texts


def _python(path: str) -> bool:
    return path.endswith(".py")  # other files are not read through Python's imports


def _tried(ground: Ground, tree: Tree, ways: list[Back]) -> list[str] | None:
    """Places that the test does not need; None when taking back all of them changes nothing.

    The texts are laid over the imports of a warm runner, so each costs a fork. A target that compiles
    its modules by itself does not see them: that is told by taking back all at once.
    """
    check = ground.check
    with temporary("improve-check-") as scratch:
        world = {
            **test_environ(tree.path, check.environment, scratch),
            **check.warm_environ(tree.path),
        }
        with warm_server(tree.path, check.environment.python, world, ground.left()) as warm:
            nodes = warm.open(SESSION, check.node_ids, 30.0) or check.node_ids
            bases = _bases(ground, ways)
            if _run(ground, warm, nodes, {tree.path / p: text for p, text in bases.items()}).ok:
                return None
            return [
                way.place
                for way in ways
                if _run(ground, warm, nodes, {tree.path / way.path: way.text}).ok
            ]


def _bases(ground: Ground, ways: list[Back]) -> dict[str, str]:
    """The files as they were without the fix."""
    paths = {way.path for way in ways}
    git = ground.bench.git
    shown = {path: git.run("show", f"{ground.base_commit}:{path}", keep=1 << 20) for path in paths}
    return {path: done.text for path, done in shown.items() if done.ok}


def _run(
    ground: Ground, warm: WarmServer, nodes: tuple[str, ...], files: dict[Path, str]
) -> WarmRun:
    return warm.run(nodes, ground.seconds(), session=SESSION, files=files)


def _yes(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=True, reason=reason)


def _look(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=False, warns=True, reason=reason)


def _without(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=True, applies=False, reason=reason)
