"""Check 11: the reproduction once more as plain Python, where no test runner can be detected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improve.checks.ground import Ground
from improve.cut import is_one_test
from improve.evidence import clean_text
from improve.records import Verdict
from improve.workbench import beneath, process
from improve.workbench.bench import Tree
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

INSIDE = Path(__file__).parent / "inside"
RULE = "outside the runner"


def outside_the_runner(ground: Ground, tree: Tree) -> tuple[Verdict, int]:
    """Whether the test passes in ``tree`` without a runner, and how many interpreters that took.

    It is refused when it fails there as it failed on the base; the base, run in the same way, shows
    that the test can be run so at all. Source: facts of METR on changes that look for the grader.
    """
    test = _plain_test(ground, tree)
    if isinstance(test, str):
        return _without(test), 0
    ground.progress("running the reproduction as plain Python")
    after = _run(ground, tree, *test)
    if after["end"] == "passed":
        return Verdict(rule=RULE, passed=True, reason="passes as plain Python, too"), 1
    base = _run(ground, ground.tree("before", b""), *test)
    if not _as_seen(ground, test[0], base):
        why = after.get("why") or f"it ends in {after.get('type', 'nothing')} on the base, too"
        return _without(f"the test cannot be run as plain Python: {why}"), 2
    told = f"as plain Python it {_ended(after)}"
    if _same(after, base):
        reason = f"{told}, as without the fix: the change answers for the test runner alone"
        return Verdict(rule=RULE, passed=False, reason=reason), 2
    return Verdict(rule=RULE, passed=False, shown=False, reason=told), 2


def _plain_test(ground: Ground, tree: Tree) -> tuple[str, tuple[str, ...]] | str:
    """(file, names) of the one test that is meant; or why there is none."""
    if ground.check.command:
        return "a command has no test runner of ours"
    if ground.check.stress:
        return "one run of an intermittent failure tells nothing"
    path, _, rest = ground.check.node_ids[0].partition("::")
    names, bracket, _ = rest.partition("[")
    kept = tree.path / path
    if len(ground.check.node_ids) != 1 or not rest or not path.endswith(".py"):
        return "the reproduction is not one test function"
    if bracket and not is_one_test(kept.read_text("utf-8", "replace"), names.rpartition("::")[2]):
        return "the reproduction has more than one set of parameters"
    return path, tuple(names.split("::"))


def _run(ground: Ground, tree: Tree, path: str, names: tuple[str, ...]) -> dict[str, Any]:
    environment = ground.check.environment
    with temporary("improve-check-") as scratch:
        record = scratch / "record.json"
        world = test_environ(tree.path, environment, scratch)
        world["IMPROVE_RECORD"] = str(record)
        process.run(
            [environment.python, str(INSIDE / "improve_plain.py"), path, *names],
            cwd=tree.path, env=world, timeout=ground.seconds(), merge=True, keep=1 << 16,
            fence=needs.for_tests(
                tree.path, Path(environment.python), (scratch,), (INSIDE,)
            ),
        )  # fmt: skip
        text = (beneath.read(scratch, record.name) or b"").decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    return told if isinstance(told, dict) and "end" in told else {"end": "broke off"}


def _as_seen(ground: Ground, path: str, base: Mapping[str, Any]) -> bool:
    """The base failed as the runner saw it fail: the same error from the same line of the test."""
    for run in ground.before:
        for failure in run.failures:
            lines = [frame.line for frame in failure.frames if frame.file == path]
            if lines and base.get("line") == lines[-1] and base.get("type") == failure.error_type:
                return True
    return False


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == other.get(key) for key in ("end", "type", "line"))


def _ended(told: Mapping[str, Any]) -> str:
    if told["end"] != "failed":
        return clean_text(str(told.get("why") or "ends without a result"))
    line, kind = told.get("line"), clean_text(str(told.get("type")))
    return f"fails with {kind} in line {line} of the test"


def _without(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=True, applies=False, reason=clean_text(reason)[:300])
