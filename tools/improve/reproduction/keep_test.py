"""Keep a test that was seen to fail: frozen, on ``repro/<name>``, and in the toolkit's folder."""

from __future__ import annotations

from collections.abc import Mapping

from improve.checks.frozen import freeze
from improve.records import Failure, Reproduction
from improve.reproduction.kept_branch import keep
from improve.reproduction.lay_down import (
    TRAILER,
    copy_into_toolkit,
    hand_over,
    message_of,
    write_branch,
)
from improve.reproduction.make import Made, reproduction_files
from improve.reproduction.work import Work, choose_base, fails_on, layout_of, result


def keep_test(
    work: Work, made: Made, observed: Failure, common: Mapping[str, object]
) -> Reproduction:
    """The reproduction that ``made`` is. Raises: ImproveError when its branch cannot be written."""
    layout, name = layout_of(work), work.validated.name
    logs = [work.context.run / log.path for log in work.evidence.logs]
    files = reproduction_files(
        work.context.toolkit, layout, made, observed, work.commit, logs, work.stress,
        work.environment.import_roots,
    )  # fmt: skip
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
        "test_lines": made.lines, "seed": made.seed or None,
        "folder": layout.folder, "branch": f"repro/{name}", "branch_commit": commit,
        "base": base.branch, "base_commit": base.commit, "base_reason": why, "notes": made.notes,
    }  # fmt: skip
    return result(work, "reproduced", **values)
