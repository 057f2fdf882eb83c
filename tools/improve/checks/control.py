"""The negative control: the reproduction with a wrong expectation must fail on the fix."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import PurePosixPath

from improve.checks.ground import Ground
from improve.checks.named_tests import Named, named_tests
from improve.cut import contrary, contrary_command
from improve.cut.contrary_line import contrary_line
from improve.errors import ImproveError
from improve.records import Verdict
from improve.workbench import beneath
from improve.workbench.bench import Tree

RULE = "negative control"
REPLACED = Verdict(
    rule=RULE, passed=False, reason="while it ran, a folder above the test was replaced by a link"
)


def negative_control(ground: Ground, tree: Tree) -> Verdict:
    """Whether the test can still fail in ``tree``: the proof's, laid out afresh.

    Source: METR and ImpossibleBench (arXiv 2510.20270) on changes that beat the grader instead of
    repairing the cause: monkey-patched comparisons are among the commonest.
    """
    if ground.check.command:
        return _of_a_command(ground, tree)
    targets = {node.partition("::")[0] for node in ground.check.node_ids}
    if len(targets) != 1:
        return _without("more than one file of tests is asked")
    path = PurePosixPath(targets.pop())
    kept = tree.path / path
    names = {node.rsplit("::", 1)[-1].partition("[")[0] for node in ground.check.node_ids}
    source = contrary(kept.read_text("utf-8", "replace"), names) if kept.is_file() else None
    if source is None:
        return _without("the test has no expectation that can be made wrong for sure")
    whole = kept.read_bytes()
    # In the frozen file's own place: by another name, or as a further run in the same tree, a change
    # could know the control and behave in it alone.
    beneath.write(tree.path, str(path), source.encode("utf-8"))
    ground.progress("seeing it fail with a wrong expectation")
    run = ground.check.some(tree.path, ground.check.node_ids, ground.seconds())
    if not _put_back(tree, {str(path): whole}):
        return REPLACED
    if run.ok:
        reason = "the reproduction passes with a wrong expectation too: something answers for it"
        return Verdict(rule=RULE, passed=False, reason=reason)
    if run.timed_out:
        reason = "with a wrong expectation it ran into its time limit"
        return Verdict(rule=RULE, passed=False, shown=False, reason=reason)
    if "failed" not in run.outcomes.values():
        return _without("the test with a wrong expectation could not be collected")
    return Verdict(rule=RULE, passed=True, reason="with a wrong expectation the test fails")


def _of_a_command(ground: Ground, tree: Tree) -> Verdict:
    """The command, with the very expectation made wrong at which it failed on the base."""
    logs = [ground.observed.excerpt, *(run.log for run in ground.before)]
    changed = {one.path: text for one in named_tests(tree.path, logs) if (text := _wrong_at(one))}
    command = "" if changed else contrary_command(ground.check.command)
    if command is None and ground.check.pace:
        return _without("what a slow-down is measured by is time, not the command's status")
    if command is None:
        # It has one all the same: nothing but its status was seen, which any code can hand out.
        told = "not shown: the command names no expectation that can be made wrong; its status is all there is"
        return Verdict(rule=RULE, passed=False, shown=False, reason=told)
    kept = {path: (tree.path / path).read_bytes() for path in changed}
    for path, text in changed.items():
        beneath.write(tree.path, path, text.encode("utf-8"))
    check = dataclasses.replace(ground.check, command=command) if command else ground.check
    ground.progress("seeing it fail with a wrong expectation")
    run = check.once_or_often(tree.path, ground.seconds())
    if not _put_back(tree, kept):
        return REPLACED
    if run.ok:
        where = next(iter(changed), "its own line")
        told = f"the command passes with a wrong expectation in {where}, too"
        return Verdict(rule=RULE, passed=False, reason=f"{told}: something answers for it")
    return Verdict(rule=RULE, passed=True, reason="with a wrong expectation the command fails")


def _put_back(tree: Tree, files: Mapping[str, bytes]) -> bool:
    try:
        for path, content in files.items():
            beneath.write(tree.path, path, content)
    except ImproveError:
        return False
    return True


def _wrong_at(named: Named) -> str | None:
    """The file with a wrong expectation in every line that was named; None when no line has one."""
    lines = named.text.split("\n")
    wrong = {at: contrary_line(lines[at - 1]) for at in named.lines if 0 < at <= len(lines)}
    if not any(wrong.values()):
        return None
    return "\n".join(wrong.get(at) or line for at, line in enumerate(lines, start=1))


def _without(reason: str) -> Verdict:
    return Verdict(rule=RULE, passed=True, applies=False, reason=reason)
