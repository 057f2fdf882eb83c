"""What a proposed diff is worth: guard, then the reproduction (fast), then the proof (slow)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improve.checks.conduct import conduct, texts
from improve.checks.ground import Ground
from improve.checks.named_tests import named_tests
from improve.checks.passing import passes_now, why
from improve.checks.proof import prove
from improve.checks.touched import touched
from improve.errors import ImproveError, Unable
from improve.guard import inspect
from improve.records import CheckRun, Proof, Verdict
from improve.records.fix import AttemptOutcome
from improve.records.verdict import missing
from improve.workbench.bench import Tree


@dataclass(frozen=True)
class Judgement:
    """How a diff fared. ``output`` is what the check printed when it did not pass."""

    outcome: AttemptOutcome
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    proof: Proof | None = None
    output: str = ""
    signature: str = ""  # of the failure that is left


def judge(ground: Ground, patch: bytes, protected: Sequence[str]) -> Judgement:
    """Guard, check and prove ``patch``, which is not empty. Raises: nothing for a bad patch."""
    frozen = {file.path for file in ground.frozen}
    roots = ground.check.environment.import_roots
    verdicts = tuple(inspect(patch, frozen, tuple(protected), roots))
    refused = [verdict for verdict in verdicts if verdict.refuses]
    if refused:
        told = "; ".join(f"{one.rule}: {one.reason}" for one in refused)
        return Judgement("refused", told, verdicts)
    try:
        tree = ground.tree("check", patch)
    except Unable:
        raise
    except ImproveError as error:
        return Judgement("refused", error.what.split("\n")[0], verdicts)
    verdicts = (*verdicts, *_of_whole_files(ground, tree))
    if refused := [verdict for verdict in verdicts if verdict.refuses]:
        return Judgement("refused", f"{refused[0].rule}: {refused[0].reason}", verdicts)
    ground.progress("running the reproduction on the proposed fix")
    quick = ground.check.run(tree.path, ground.seconds())
    if not passes_now(ground.before, quick):
        return _still_failing(ground, quick, verdicts)
    return _proven(ground, patch, verdicts, quick)


def _of_whole_files(ground: Ground, tree: Tree) -> tuple[Verdict, ...]:
    base, frozen, run = ground.base_commit, ground.frozen, ground.run
    kind, said = ground.observed.error_type, _named(ground, tree)
    changed = texts(tree, base, frozen)
    return (
        touched(changed, tree, base, frozen, run, ground.originals, ground.check.command),
        conduct(changed, frozen, run, kind, said),
    )


def _named(ground: Ground, tree: Tree) -> str:
    """What the tests say that a command's output names; '' for tests of ours, which are frozen."""
    if not ground.check.command:
        return ""
    logs = [ground.check.command, ground.observed.excerpt, *(run.log for run in ground.before)]
    return "\n".join(one.text for one in named_tests(tree.path, logs))


def _still_failing(ground: Ground, quick: CheckRun, verdicts: tuple[Verdict, ...]) -> Judgement:
    reason = f"the reproduction does not pass: {why(quick, ground.before)}"
    signature = quick.failures[0].signature if quick.failures else ""
    # Nothing can be collected any more, or more tests of the reproduction fail than before.
    before = max((_failing(run) for run in ground.before), default=1)
    worse = bool(ground.before) and (
        _failing(quick) > before
        or (not quick.outcomes and any(run.outcomes for run in ground.before))
    )
    if worse and not quick.timed_out:
        reason = f"it made things worse and was rolled back: {reason}"
    outcome: AttemptOutcome = "made_worse" if worse and not quick.timed_out else "not_fixed"
    return Judgement(outcome, reason, verdicts, None, quick.log, signature)


def _failing(run: CheckRun) -> int:
    return sum(outcome in ("failed", "error") for outcome in run.outcomes.values())


def _proven(
    ground: Ground, patch: bytes, verdicts: tuple[Verdict, ...], quick: CheckRun
) -> Judgement:
    # What reading could not show is a step of the proof: it decides the word, and is published.
    proof = prove(ground, patch, tuple(one for one in verdicts if not one.passed))
    verdicts = tuple(one for one in verdicts if one.passed)
    if proof.outcome == "rejected":
        failed = next(step for step in proof.steps if step.refuses)
        broken = proof.suite.newly_failing if proof.suite else ()
        told = f"{failed.rule}: {failed.reason}"
        if broken:
            told = f"it made {len(broken)} more fail than before and was rolled back: {told}"
        output = "\n".join([quick.log, *(f"now fails: {node}" for node in broken[:20])])
        return Judgement(
            "made_worse" if broken else "proof_failed", told, verdicts, proof, output.strip()
        )
    lacking = missing(proof.steps) if proof.outcome == "unverified" else ()
    return Judgement("kept", "; ".join(lacking) or "proven", verdicts, proof)
