"""Reproduce from a log: run the tests that it names, cut a minimal one, keep it on a branch."""

from __future__ import annotations

from improve.checks.frozen import freeze
from improve.prompts import count
from improve.records import Failure, Reproduction
from improve.reproduction.kept_branch import keep
from improve.reproduction.lay_down import (
    TRAILER,
    copy_into_toolkit,
    hand_over,
    message_of,
    write_branch,
)
from improve.reproduction.locate import Located, locate
from improve.reproduction.make import Made, make_test, reproduction_files
from improve.reproduction.observe import Observation, observe
from improve.reproduction.work import (
    Work,
    choose_base,
    differences,
    fails_on,
    layout_of,
    not_seen,
    result,
    tell_flag,
)
from improve.workbench.bench import Tree
from improve.workbench.git import paths

MOST_TESTS = 10


def by_log(work: Work, tree: Tree) -> Reproduction:
    """The reproduction of the first failure in the log that shows itself here."""
    located = locate(work.evidence.failures, set(paths(tree.git.must("ls-files", "-z"))))
    if not located:
        return _no_test_in_log(work)
    work.context.progress(
        f"running {count(min(len(located), MOST_TESTS), 'failing test')} of the log"
    )
    chosen, seen = _choose(work, tree, located[:MOST_TESTS])
    tell_flag(work, seen)
    common = {
        "original_node_ids": tuple(one.node_id for one in located),
        "expected": chosen.failure,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
        "differences": differences(work),
    }
    if seen.failed == 0 or not seen.matches:
        return result(work, "not_reproduced", notes=(not_seen(chosen.node_id, seen),), **common)
    if seen.sometimes:
        rate = f"It failed in {seen.failed} of {seen.runs} runs of the same test."
        return result(work, "intermittent", deterministic=False, notes=(rate,), **common)
    assert seen.failure is not None  # noqa: S101 - it matched
    made = make_test(
        node_id=seen.failure.node_id or chosen.node_id,
        tree=tree, observed=seen.failure, layout=layout_of(work), commit=work.commit,
        run=lambda node_ids: work.check(node_ids).run(tree.path, work.seconds()),
        left=work.left, progress=work.context.progress,
    )  # fmt: skip
    return _keep(work, tree, made, seen.failure, common)


def _choose(work: Work, tree: Tree, located: list[Located]) -> tuple[Located, Observation]:
    """The first failing test of the log that fails here for the log's reason; else the first."""
    flaky = not work.validated.request.deterministic
    first: tuple[Located, Observation] | None = None
    for one in located:
        seen = _see(work, tree, one.node_id, one.failure, flaky)
        if not seen.last.outcomes and "[" in one.node_id:
            # The log's spelling of a parameter is not pytest's own (redacted, shortened, or made
            # of an address or a clock): run them all, and take the one that fails for the reason.
            seen = _see(work, tree, one.node_id.partition("[")[0], one.failure, flaky)
        if seen.matches and seen.failed:
            return one, seen
        first = first or (one, seen)
        if work.left() < 30:
            break
    assert first is not None  # noqa: S101 - located is not empty
    return first


def _see(
    work: Work, tree: Tree, node_id: str, expected: Failure, suspected_flaky: bool
) -> Observation:
    check = work.check((node_id,))
    return observe(
        lambda: check.run(tree.path, work.seconds()),
        expected,
        suspected_flaky=suspected_flaky,
        left=work.left,
    )


def _no_test_in_log(work: Work) -> Reproduction:
    count = len(work.evidence.failures)
    told = (
        f"The log tells of {count} failures, none of which names a test of this commit."
        if count
        else "The log holds no failure that this toolkit can read (pytest, unittest, tracebacks)."
    )
    expected = work.evidence.failures[0] if count else None
    return result(work, "no_failure_in_log", expected=expected, notes=(told,))


def _keep(
    work: Work, tree: Tree, made: Made, observed: Failure, common: dict[str, object]
) -> Reproduction:
    layout, name = layout_of(work), work.validated.name
    logs = [work.context.run / log.path for log in work.evidence.logs]
    files = reproduction_files(work.context.toolkit, layout, made, observed, work.commit, logs)
    clean = work.bench.tree("repro", work.commit)
    commit = write_branch(clean, files, name, message_of(name))
    hand_over(work.bench.folder, work.user, f"repro/{name}", commit, TRAILER)
    copy_into_toolkit(work.context.toolkit, layout, files)
    keep(work.context.run, layout, files)
    frozen = freeze(work.context.run, {layout.test: files[layout.test]})
    node_ids = (f"{layout.test}::{made.suffix}" if made.suffix else layout.test,)
    base, why = choose_base(
        work, lambda tree: fails_on(work, tree, node_ids, files, None, observed)
    )
    values = {
        **common, "kind": made.kind, "node_ids": node_ids, "frozen": frozen, "deterministic": True,
        "test_lines": made.lines, "folder": layout.folder, "branch": f"repro/{name}", "branch_commit": commit,
        "base": base.branch, "base_commit": base.commit, "base_reason": why, "notes": made.notes,
    }  # fmt: skip
    return result(work, "reproduced", **values)
