"""See the failure happen here, cut a minimal test out of it, and keep that on ``repro/<name>``.

Code first, no agent. Evidence wins over the request: what the runs show decides whether the
failure counts as deterministic, and a disagreement is written down.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from improve import rundir
from improve.checks.check import Check
from improve.checks.frozen import freeze
from improve.context import Context
from improve.errors import ImproveError, RequestError
from improve.records import Evidence, Failure, Reproduction, TargetEnvironment, ValidatedRequest
from improve.records.reproduction import ReproductionOutcome
from improve.reproduction.base import Base, default_branch, failed_branch, named_branch
from improve.reproduction.lay_down import (
    TRAILER,
    Layout,
    copy_into_toolkit,
    hand_over,
    write_branch,
)
from improve.reproduction.locate import Located, locate
from improve.reproduction.make import Made, make_test, reproduction_files
from improve.reproduction.observe import Observation, observe
from improve.workbench.bench import Bench, Tree, workbench
from improve.workbench.environment import prepare
from improve.workbench.git import Git, discover, identity, paths

NOBODY = ("codebase-improvements", "codebase-improvements@localhost")
MOST_TESTS = 10


@dataclass
class Work:
    """What one reproduction has at hand."""

    context: Context
    validated: ValidatedRequest
    evidence: Evidence
    bench: Bench
    user: Git
    commit: str
    environment: TargetEnvironment
    notes: list[str] = field(default_factory=list)

    def left(self) -> float:
        return self.context.budget.left()

    def seconds(self) -> float:
        return max(1.0, self.left() / 2)

    def check(self, node_ids: tuple[str, ...]) -> Check:
        return Check(self.environment, node_ids)


def run(context: Context) -> Reproduction:
    """The reproduction, or why there is none.

    Raises: ImproveError when the target's environment cannot be made.
    """
    began = time.monotonic()
    with _workshop(context) as work:
        found = _reproduce(work)
    notes = (*found.notes, *work.notes)
    return found.model_copy(update={"seconds": round(time.monotonic() - began, 2), "notes": notes})


@contextlib.contextmanager
def _workshop(context: Context) -> Iterator[Work]:
    validated = rundir.need(context.run, ValidatedRequest)
    evidence = rundir.need(context.run, Evidence)
    found = discover(validated.repository)
    if found is None:
        raise ImproveError(
            f"{validated.repository} is no longer a git repository.", "Restore it, then resume."
        )
    user = Git(found[1])
    notes = list(validated.notes)
    commit = validated.head
    logged = evidence.environment.commit
    if logged and user.commit_of(logged):
        commit = user.commit_of(logged)
    elif logged:
        notes.append(
            f"The log is of commit {logged[:12]}, which this repository does not have; HEAD was used."
        )
    with workbench(found[1], context.bench_folder, identity(user, NOBODY)) as bench:
        context.progress("preparing the target's environment")
        environment = prepare(
            bench,
            commit,
            source=validated.repository,
            setup=validated.request.setup,
            logged=evidence.environment,
            cache=context.cache,
            python=str(context.options["python"]) if context.options.get("python") else None,
            seconds=max(60.0, context.budget.left()),
            progress=context.progress,
        )
        yield Work(context, validated, evidence, bench, user, commit, environment, notes)


def _reproduce(work: Work) -> Reproduction:
    request = work.validated.request
    tree = work.bench.tree("failing", work.commit)
    Check(work.environment).prepare(tree.path)
    if request.check:
        return _by_command(work, tree, request.check)
    if request.existing_test_path:
        return _by_existing_test(work, tree, request.existing_test_path)
    files = set(paths(tree.git.must("ls-files", "-z")))
    located = locate(work.evidence.failures, files)
    if not located:
        return _no_test_in_log(work)
    return _by_log(work, tree, located)


def _no_test_in_log(work: Work) -> Reproduction:
    count = len(work.evidence.failures)
    told = (
        f"The log tells of {count} failures, none of which names a test of this commit."
        if count
        else "The log holds no failure that this toolkit can read (pytest, unittest, tracebacks)."
    )
    expected = work.evidence.failures[0] if count else None
    return _result(work, "no_failure_in_log", expected=expected, notes=(told,))


def _by_log(work: Work, tree: Tree, located: list[Located]) -> Reproduction:
    work.context.progress(f"running {min(len(located), MOST_TESTS)} failing tests of the log")
    chosen, seen = _choose(work, tree, located[:MOST_TESTS])
    _tell_flag(work, seen)
    common = {
        "original_node_ids": tuple(one.node_id for one in located),
        "expected": chosen.failure,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
        "differences": _differences(work),
    }
    if seen.failed == 0 or not seen.matches:
        return _result(work, "not_reproduced", notes=(_not_seen(chosen, seen),), **common)
    if seen.sometimes:
        rate = f"It failed in {seen.failed} of {seen.runs} runs of the same test."
        return _result(work, "intermittent", deterministic=False, notes=(rate,), **common)
    assert seen.failure is not None  # noqa: S101 - it matched
    made = make_test(
        node_id=chosen.node_id, tree=tree, observed=seen.failure, layout=_layout(work), commit=work.commit,
        run=lambda node_ids: work.check(node_ids).run(tree.path, work.seconds()),
        left=work.left, progress=work.context.progress,
    )  # fmt: skip
    return _keep(work, tree, made, seen.failure, common)


def _choose(work: Work, tree: Tree, located: list[Located]) -> tuple[Located, Observation]:
    """The first failing test of the log that fails here for the log's reason; else the first."""
    flaky = not work.validated.request.deterministic
    first: tuple[Located, Observation] | None = None
    for one in located:
        check = work.check((one.node_id,))
        seen = observe(
            lambda check=check: check.run(tree.path, work.seconds()),  # type: ignore[misc]
            one.failure, suspected_flaky=flaky, left=work.left,
        )  # fmt: skip
        if seen.matches and seen.failed:
            return one, seen
        first = first or (one, seen)
        if work.left() < 30:
            break
    assert first is not None  # noqa: S101 - located is not empty
    return first


def _tell_flag(work: Work, seen: Observation) -> None:
    said = work.validated.request.deterministic
    if seen.always and not said and seen.runs >= 3:
        work.notes.append(
            f'The request says "deterministic": false, but it failed in {seen.failed} of {seen.runs} runs: '
            "treated as deterministic."
        )
    elif seen.sometimes and said:
        work.notes.append(
            f'The request says "deterministic": true, but it failed in only {seen.failed} of {seen.runs} runs.'
        )


def _not_seen(chosen: Located, seen: Observation) -> str:
    if seen.failed == 0:
        why = seen.last.log.strip().splitlines()[-1:] if not seen.last.ok else []
        return f"{chosen.node_id} did not fail in {seen.runs} runs here." + (
            f" pytest said: {why[0]}" if why else ""
        )
    return f"{chosen.node_id} fails here, but differently: {seen.reason}"


def _by_existing_test(work: Work, tree: Tree, given: str) -> Reproduction:
    path, _, rest = given.partition("::")
    content = _existing_content(work, tree, path)
    node = f"{path}::{rest}" if rest else path
    target = tree.path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    work.context.progress(f"running {node}")
    check = work.check((node,))
    expected = next((f for f in work.evidence.failures if (f.node_id or "").startswith(path)), None)
    seen = observe(
        lambda: check.run(tree.path, work.seconds()), expected,
        suspected_flaky=not work.validated.request.deterministic, left=work.left,
    )  # fmt: skip
    _tell_flag(work, seen)
    common = {
        "original_node_ids": (node,), "expected": expected, "observed": seen.failure,
        "runs": seen.runs, "failed_runs": seen.failed, "differences": _differences(work),
    }  # fmt: skip
    if seen.failed == 0 or not seen.matches:
        return _result(
            work, "not_reproduced", notes=(_not_seen(Located(Failure(), node), seen),), **common
        )
    if seen.sometimes:
        return _result(work, "intermittent", deterministic=False, **common)
    frozen = freeze(work.context.run, {path: content})
    base = _base(work, lambda tree: _fails_on(work, tree, (node,), {path: content}, seen))
    return _result(
        work, "reproduced", kind="existing", node_ids=(node,), frozen=frozen, deterministic=True,
        test_lines=len(content.splitlines()), base=base[0].branch, base_commit=base[0].commit,
        base_reason=base[1], **common,
    )  # fmt: skip


def _existing_content(work: Work, tree: Tree, path: str) -> bytes:
    committed, checkout = tree.path / path, work.validated.repository / path
    for place in (committed, checkout):
        if place.is_file() and not place.is_symlink():
            if place == checkout:
                work.notes.append(f"{path} is not committed; the file of the checkout was used.")
            return place.read_bytes()
    raise RequestError(
        f"existing-test-path: there is no file {path!r} in {work.validated.repository} at {work.commit[:12]}.",
        "Give the path relative to the repository's top, with ::test_name behind it if you like.",
    )


def _by_command(work: Work, tree: Tree, command: str) -> Reproduction:
    check = Check(work.environment, command=command)
    work.context.progress(f"running {command}")
    expected = work.evidence.failures[0] if work.evidence.failures else None
    seen = observe(
        lambda: check.run(tree.path, work.seconds()), expected,
        suspected_flaky=not work.validated.request.deterministic, left=work.left,
    )  # fmt: skip
    _tell_flag(work, seen)
    common = {
        "expected": expected,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
    }
    if not seen.failed:
        return _result(
            work,
            "not_reproduced",
            notes=(f"`{command}` ended well in {seen.runs} runs.",),
            **common,
        )
    if seen.sometimes:
        return _result(work, "intermittent", deterministic=False, **common)

    def fails(tree: Tree) -> bool:
        return not check.run(tree.path, work.seconds()).ok

    base = _base(work, fails)
    return _result(
        work, "reproduced", kind="command", node_ids=(command,), deterministic=True,
        base=base[0].branch, base_commit=base[0].commit, base_reason=base[1], **common,
    )  # fmt: skip


def _keep(
    work: Work, tree: Tree, made: Made, observed: Failure, common: dict[str, object]
) -> Reproduction:
    layout, name = _layout(work), work.validated.name
    logs = [work.context.run / log.path for log in work.evidence.logs]
    files = reproduction_files(work.context.toolkit, layout, made, observed, work.commit, logs)
    clean = work.bench.tree("repro", work.commit)
    commit = write_branch(clean, files, name, f"test: reproduce {name}")
    hand_over(work.bench.folder, work.user, f"repro/{name}", commit, TRAILER)
    copy_into_toolkit(work.context.toolkit, layout, files)
    frozen = freeze(work.context.run, {layout.test: files[layout.test]})
    node_ids = (f"{layout.test}::{made.suffix}" if made.suffix else layout.test,)
    base, why = _base(work, lambda tree: _fails_on(work, tree, node_ids, files, None, observed))
    values = {
        **common, "kind": made.kind, "node_ids": node_ids, "frozen": frozen, "deterministic": True,
        "test_lines": made.lines, "folder": layout.folder, "branch": f"repro/{name}", "branch_commit": commit,
        "base": base.branch, "base_commit": base.commit, "base_reason": why, "notes": made.notes,
    }  # fmt: skip
    return _result(work, "reproduced", **values)


def _fails_on(
    work: Work,
    tree: Tree,
    node_ids: tuple[str, ...],
    files: dict[str, bytes],
    seen: Observation | None,
    observed: Failure | None = None,
) -> bool:
    from improve.checks.proof import same_failure

    for path, content in files.items():
        place = tree.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    expected = observed or (seen.failure if seen else None)
    result = work.check(node_ids).run(tree.path, work.seconds())
    return expected is not None and same_failure(result, expected)


def _base(work: Work, fails: Callable[[Tree], bool]) -> tuple[Base, str]:
    """The branch to fix, and why it is that one."""
    named = work.validated.request.base
    if named:
        base = named_branch(work.user, named)
        if base is None:
            raise RequestError(
                f"base: there is no branch {named!r}.",
                "Name a branch that exists, or leave it out.",
            )
        return base, "the request names it"
    branch = work.evidence.environment.branch or work.validated.branch
    default = default_branch(work.user)
    if default is None:
        return failed_branch(work.user, branch, work.commit), "there is no default branch"
    if default.commit == work.commit:
        return default, "it is the default branch, at the very commit that failed"
    work.context.progress(f"looking whether it fails on {default.branch} too")
    tree = work.bench.tree("base", default.commit)
    Check(work.environment).prepare(tree.path)
    if fails(tree):
        return default, f"the failure is on the default branch too ({default.commit[:12]})"
    return failed_branch(
        work.user, branch, work.commit
    ), f"the default branch {default.branch} does not have it"


def _layout(work: Work) -> Layout:
    return Layout(work.validated.toolkit_prefix, work.validated.name)


def _differences(work: Work) -> tuple[str, ...]:
    logged, here = work.evidence.environment, work.environment
    found = list(here.notes)
    if logged.python and logged.python != here.python_version:
        found.append(f"Python {logged.python} in the log, {here.python_version} here")
    for name, version in sorted(logged.packages.items()):
        mine = here.packages.get(name)
        if mine and mine != version:
            found.append(f"{name} {version} in the log, {mine} here")
    return tuple(found[:20])


def _result(work: Work, outcome: ReproductionOutcome, **values: object) -> Reproduction:
    return Reproduction(
        outcome=outcome, commit=work.commit, environment=work.environment, **values  # type: ignore[arg-type]
    )  # fmt: skip
