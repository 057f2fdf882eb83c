"""Reproduce with a command (``check``): it fails now, and must end well after the fix."""

from __future__ import annotations

from improve.checks.check import Check
from improve.records import Reproduction
from improve.reproduction.observe import observe
from improve.reproduction.work import Work, choose_base, result, tell_flag
from improve.workbench.bench import Tree


def by_command(work: Work, tree: Tree, command: str) -> Reproduction:
    check = Check(work.environment, command=command)
    work.context.progress(f"running {command}")
    expected = work.evidence.failures[0] if work.evidence.failures else None
    seen = observe(
        lambda: check.run(tree.path, work.seconds()), expected,
        suspected_flaky=not work.validated.request.deterministic, left=work.left,
    )  # fmt: skip
    tell_flag(work, seen)
    common = {
        "expected": expected,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
    }
    if not seen.failed:
        return result(
            work,
            "not_reproduced",
            notes=(f"`{command}` ended well in {seen.runs} runs.",),
            **common,
        )
    if seen.sometimes:
        return result(work, "intermittent", deterministic=False, **common)

    def fails(tree: Tree) -> bool:
        return not check.run(tree.path, work.seconds()).ok

    base = choose_base(work, fails)
    return result(
        work, "reproduced", kind="command", node_ids=(command,), deterministic=True,
        base=base[0].branch, base_commit=base[0].commit, base_reason=base[1], **common,
    )  # fmt: skip
