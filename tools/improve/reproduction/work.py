"""What every way of reproducing shares: its material, the base it picks, and its result."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field

from improve.checks.check import Check
from improve.checks.passing import same_failure
from improve.checks.stress import Stress
from improve.context import Context
from improve.errors import RequestError
from improve.records import Evidence, Failure, Reproduction, TargetEnvironment, ValidatedRequest
from improve.records.evidence import LoggedEnvironment
from improve.records.reproduction import ReproductionOutcome
from improve.reproduction.base import Base, default_branch, failed_branch, named_branch
from improve.reproduction.lay_down import Layout
from improve.reproduction.observe import Observation
from improve.workbench import beneath
from improve.workbench.bench import Bench, Tree
from improve.workbench.git import Git

LEAST_SECONDS = 4.0
SYSTEMS = (
    ("darwin", "Darwin"), ("mac", "Darwin"), ("win", "Windows"),
    ("linux", "Linux"), ("ubuntu", "Linux"), ("debian", "Linux"),
)  # fmt: skip


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
    ordered: bool = False  # once it is known that the order of the tests decides
    stress: Stress | None = None  # once it is known under which setting the failure shows itself

    def left(self) -> float:
        return self.context.budget.left()

    def seconds(self) -> float:
        # A run that is cut short by our own clock says nothing about the test.
        self.context.budget.need(LEAST_SECONDS, "to run the failing test once more")
        return self.left() / 2

    def check(self, node_ids: tuple[str, ...]) -> Check:
        return Check(
            self.environment,
            node_ids,
            toolkit_prefix=self.validated.toolkit_prefix,
            stress=self.stress,
            ordered=self.ordered,
        )


def tell_flag(work: Work, seen: Observation) -> None:
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


def not_seen(node_id: str, seen: Observation) -> str:
    if seen.failed == 0:
        why = seen.last.log.strip().splitlines()[-1:] if not seen.last.ok else []
        return f"{node_id} did not fail in {seen.runs} runs here." + (
            f" pytest said: {why[0]}" if why else ""
        )
    return f"{node_id} fails here, but differently: {seen.reason}"


def choose_base(work: Work, fails: Callable[[Tree], bool]) -> tuple[Base, str]:
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
    if work.left() < 2 * LEAST_SECONDS:
        return failed_branch(work.user, branch, work.commit), "no time was left to look at others"
    work.context.progress(f"looking whether it fails on {default.branch} too")
    tree = work.bench.tree("base", default.commit)
    Check(work.environment).prepare(tree.path)
    if fails(tree):
        return default, f"the failure is on the default branch too ({default.commit[:12]})"
    return failed_branch(
        work.user, branch, work.commit
    ), f"the default branch {default.branch} does not have it"


def fails_on(
    work: Work,
    tree: Tree,
    node_ids: tuple[str, ...],
    files: dict[str, bytes],
    seen: Observation | None,
    observed: Failure | None = None,
) -> bool:

    for path, content in files.items():
        beneath.write(tree.path, path, content)
    expected = observed or (seen.failure if seen else None)
    result = work.check(node_ids).run(tree.path, work.seconds())
    return expected is not None and same_failure(result, expected)


def layout_of(work: Work) -> Layout:
    return Layout(work.validated.toolkit_prefix, work.validated.name, work.stress is not None)


def differences(work: Work) -> tuple[str, ...]:
    return environments_differ(work.evidence.environment, work.environment, platform.system())


def environments_differ(
    logged: LoggedEnvironment, here: TargetEnvironment, system: str
) -> tuple[str, ...]:
    """In words, how CI's machine was another one; ``system`` as ``platform.system`` calls it."""
    found = list(here.notes)
    there = next((name for sign, name in SYSTEMS if sign in (logged.os or "").lower()), system)
    if there != system:
        found.append(f"CI ran on {logged.os}, this machine runs {system}")
    # A job's name tells no more than 3.11.
    if logged.python and not f"{here.python_version}.".startswith(f"{logged.python}."):
        found.append(f"Python {logged.python} in the log, {here.python_version} here")
    for name, version in sorted(logged.packages.items()):
        mine = here.packages.get(name)
        if mine and mine != version:
            found.append(f"{name} {version} in the log, {mine} here")
    return tuple(found[:20])


def result(work: Work, outcome: ReproductionOutcome, **values: object) -> Reproduction:
    return Reproduction(
        outcome=outcome, commit=work.commit, environment=work.environment, **values
    )  # fmt: skip
