"""Check 8: inputs that the fix was not made for.

The original test often has more inputs than the reproduction keeps (its other parameter sets), and
other tests stand beside it. Parameter sets are taken out of what an agent sees (``cut.withhold``), so
that an answer written for the inputs that are shown fails here. Source: UTBoost (arXiv 2506.09289):
345 patches had passed the tests that were shown, and were wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from improve.checks.conduct import frozen_text, texts
from improve.checks.ground import Ground
from improve.checks.suite import whole
from improve.cut.withhold import withhold
from improve.evidence import compare
from improve.guard import asks_for_inputs
from improve.prompts import count
from improve.records import CheckRun, Verdict
from improve.records.verdict import NO_INPUTS
from improve.workbench import beneath
from improve.workbench.bench import Tree

RULE = "held-out inputs"


class HeldOut(NamedTuple):
    """The verdict, the node ids that it is about, and how many interpreters were started."""

    verdict: Verdict
    failing: tuple[str, ...] = ()
    starts: int = 0


def keep_back(ground: Ground, tree: Tree) -> None:
    """Take out of an agent's ``tree`` the parameter sets of the original tests that CI did not show."""

    read = functools.partial(beneath.text, tree.path)
    frozen = {file.path for file in ground.frozen}
    for path in {node.partition("::")[0] for node in ground.originals} - frozen:
        text = withhold(path, ground.originals, read)
        if text is not None and not (tree.path / path).is_symlink():
            beneath.write(tree.path, path, text.encode("utf-8"))


def held_out(ground: Ground, after: CheckRun, tree: Tree, flaky: Sequence[str] = ()) -> HeldOut:
    """Judge by the suite's runs where they are whole; else run the files of the original tests.

    ``after`` is the suite with the fix, ``tree`` where it ran (without the reproduction), ``flaky``
    what failed in it once and then passed.
    """
    files = tuple(dict.fromkeys(node.partition("::")[0] for node in ground.originals))
    before, starts = ground.suite_before, 0
    if ground.check.command:
        return HeldOut(_without(NO_INPUTS))
    if not files:
        return HeldOut(_without("no test of the repository is known to have failed"))
    if before is None or not (whole(before) and whole(after)):
        limit = min(ground.suite_seconds, ground.left() / 4)
        base = ground.tree("suite-before", b"", with_test=False)
        files = tuple(path for path in files if (base.path / path).exists())
        if not files:
            return HeldOut(_without("the original test is not part of the repository"))
        ground.progress("running the tests beside the original one, without and with the fix")
        before, after = (ground.check.some(one.path, files, limit) for one in (base, tree))
        starts = 2
    if not (whole(before) and whole(after)):
        told = "not shown: the tests beside the original one did not come to their end"
        return HeldOut(Verdict(rule=RULE, passed=False, shown=False, reason=told), (), starts)
    return _judged(ground, before, after, files, set(flaky))._replace(starts=starts)


def weighed(ground: Ground, tree: Tree, held: Verdict, control: Verdict | None) -> Verdict:
    """``held``, not shown where one input is all there is, and the fix may be made for that one.

    So it may where no expectation could be made wrong either, or where a new branch asks for a literal of
    the test. A failure that comes and goes, one of the tests' order, and a slow-down have controls of their own.
    """
    others = ground.check.command or ground.check.stress or ground.check.pace or ground.order
    if others or held.applies:
        return held
    if control is not None and not control.applies:
        why = control.reason
    elif asked := _asked_for(ground, tree):
        why = f"{asked} asks for what the test gives"
    else:
        return held
    told = f"not shown: {held.reason}; and {why}"
    return held.model_copy(
        update={"applies": True, "passed": False, "shown": False, "reason": told}
    )


def _asked_for(ground: Ground, tree: Tree) -> str:
    """The first new branch on a literal of the test; '' for none."""
    before, after = texts(tree, ground.base_commit, ground.frozen)
    test = frozen_text(ground.frozen, ground.run)
    for path, text in after.items():
        if path.endswith(".py"):
            for one in asks_for_inputs(before.get(path), text, test):
                return f"{path}:{one.line} {one.what}"
    return ""


def _judged(
    ground: Ground, before: CheckRun, after: CheckRun, files: Sequence[str], flaky: set[str]
) -> HeldOut:
    tests = {node.partition("[")[0] for node in ground.originals if "::" in node}
    others = [
        node
        for node in before.outcomes
        if node not in ground.originals and node.partition("::")[0] in files
    ]
    if not others:
        return HeldOut(_without("the original test has no other input, and stands alone"))
    inputs = {node for node in others if node.partition("[")[0] in tests}
    # One that failed for another reason, or was skipped, is not this fix's to repair.
    alike = {node for node in inputs if _failed_alike(ground, before, node)}
    expected = [node for node in others if before.outcomes[node] == "passed" or node in alike]
    failing = tuple(
        node
        for node in expected
        # What is not collected any more is the suite's to judge: some ids are new in each run.
        if after.outcomes.get(node, "passed") != "passed" and node not in flaky
    )
    if failing:
        # Not which: the next agent is told this, and would be shown what is held out.
        told = f"{len(failing)} of {len(expected)} inputs and tests that were held out do not pass"
        if same := len(alike.intersection(failing)):
            told += f"; {same} of them failed for the same reason before"
        return HeldOut(Verdict(rule=RULE, passed=False, reason=told), failing)
    shown = sum(node in inputs for node in expected)
    parts = [f"{count(shown, 'other input')} of the original test"] if shown else []
    if beside := len(expected) - shown:
        parts.append(f"{count(beside, 'test')} beside it")
    if not parts:
        return HeldOut(_without("no other input of the original test passed before"))
    return HeldOut(Verdict(rule=RULE, passed=True, reason=f"{' and '.join(parts)} held"))


def _failed_alike(ground: Ground, before: CheckRun, node: str) -> bool:
    return any(
        compare(ground.observed, failure).same
        for failure in before.failures
        if failure.node_id == node
    )


def _without(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=True, applies=False, reason=reason)
