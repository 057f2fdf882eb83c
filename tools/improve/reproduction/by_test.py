"""Reproduce with a test that exists already (``existing-test-path``): see it fail, freeze it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improve.checks.frozen import freeze
from improve.errors import RequestError
from improve.records import Failure, Reproduction
from improve.reproduction.by_order import by_order
from improve.reproduction.by_stress import (
    as_intermittent,
    find_setting,
    without_setting,
    worth_it,
)
from improve.reproduction.observe import observe
from improve.reproduction.work import (
    Work,
    choose_base,
    differences,
    fails_on,
    not_seen,
    result,
    tell_flag,
)
from improve.workbench import beneath
from improve.workbench.bench import Tree


def by_existing_test(work: Work, tree: Tree, given: str) -> Reproduction:
    path, _, rest = given.partition("::")
    content = existing_content(work, tree, path)
    node = f"{path}::{rest}" if rest else path
    beneath.write(tree.path, path, content)
    work.context.progress(f"running {node}")
    check = work.check((node,))
    expected = next((f for f in work.evidence.failures if (f.node_id or "").startswith(path)), None)
    seen = observe(
        lambda: check.run(tree.path, work.seconds()), expected,
        left=work.left, closer=True,
        said=not work.validated.request.deterministic,
    )  # fmt: skip
    tell_flag(work, seen)
    common: dict[str, Any] = {
        "original_node_ids": (node,), "expected": expected, "observed": seen.failure,
        "runs": seen.runs, "failed_runs": seen.failed, "differences": differences(work),
    }  # fmt: skip
    in_company = by_order(work, tree, node, seen, common)
    if in_company is not None:
        return in_company
    if worth_it(work, seen):
        setting = find_setting(work, tree, node, seen, expected)
        found = (
            without_setting(work, setting, seen, common)
            if setting.observed is None
            else as_intermittent(_kept(work, node, content, setting.observed, common), setting)
        )
        if found is not None:
            return found
    if seen.failed == 0 or not seen.matches or seen.failure is None:
        return result(work, "not_reproduced", notes=(not_seen(node, seen),), **common)
    return _kept(work, node, content, seen.failure, common)


def _kept(
    work: Work, node: str, content: bytes, observed: Failure, common: Mapping[str, Any]
) -> Reproduction:
    path = node.partition("::")[0]
    frozen = freeze(work.context.run, {path: content})
    base = choose_base(
        work, lambda tree: fails_on(work, tree, (node,), {path: content}, None, observed)
    )
    return result(
        work, "reproduced", kind="existing", node_ids=(node,), frozen=frozen, deterministic=True,
        test_lines=len(content.splitlines()), base=base[0].branch, base_commit=base[0].commit,
        base_reason=base[1], **{**common, "observed": observed},
    )  # fmt: skip


def existing_content(work: Work, tree: Tree, path: str) -> bytes:
    committed, checkout = tree.path / path, work.validated.repository / path
    if _is_file(checkout) and _uncommitted(work, checkout, path):
        work.notes.append(f"{path} is not committed as it is; the file of the checkout was used.")
        return checkout.read_bytes()
    if _is_file(committed):
        return committed.read_bytes()
    raise RequestError(
        f"existing-test-path: there is no file {path!r} in {work.validated.repository} at {work.commit[:12]}.",
        "Give the path relative to the repository's top, with ::test_name behind it if you like.",
    )


def _is_file(place: Path) -> bool:
    return place.is_file() and not place.is_symlink()


def _uncommitted(work: Work, checkout: Path, path: str) -> bool:
    # Somebody who names a test has it before them; it counts as it stands there, new or edited.
    done = work.user.run("show", f"{work.validated.head}:{path}")
    committed = done.stdout if done.ok else None
    return committed is None or _plain(committed) != _plain(checkout.read_bytes())


def _plain(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")  # git may have checked out other line ends
