"""What may be published is judged by the record's steps, not by the word that stands over them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from improve import rundir
from improve.checks.allowed import allowed
from improve.errors import ImproveError
from improve.records import Attempt, Fix, Proof, Verdict

PATCH = b"--- a/shop.py\n+++ b/shop.py\n"
RULES = (
    "applies", "fails before", "passes after", "right code", "frozen", "negative control",
    "outside the runner", "hunks", "suite", "held-out inputs",
)  # fmt: skip
SUM = hashlib.sha256(PATCH).hexdigest()


def steps(**values: dict[str, object]) -> tuple[Verdict, ...]:
    """A whole proof's steps; ``values`` are what is otherwise in the step of that rule."""
    good: dict[str, object] = {"passed": True, "reason": "seen"}
    return tuple(
        Verdict.model_validate({"rule": rule, **good, **values.get(rule.replace(" ", "_"), {})})
        for rule in RULES
    )


def fix_of(proof: Proof | None, **values: object) -> Fix:
    kept = Attempt.model_validate(
        {"number": 1, "agent": "embedded", "outcome": "kept", "proof": proof, **values}
    )
    return Fix(outcome="fixed", attempts=(kept,), kept=1, patch="fix.patch")


def proof_of(found: tuple[Verdict, ...], **values: object) -> Proof:
    return Proof.model_validate(
        {"outcome": "verified", "steps": found, "after_runs": 5, "after_passes": 5, "patch_sha256": SUM, **values}
    )  # fmt: skip


NOT_SHOWN: dict[str, object] = {"passed": False, "shown": False, "reason": "no time"}
REFUSED: dict[str, object] = {"passed": False, "reason": "one broke"}


def test_a_whole_proof_is_verified(tmp_path: Path) -> None:
    assert allowed(fix_of(proof_of(steps())), PATCH, tmp_path) == ("verified", ())
    warned = steps(hunks={"passed": False, "warns": True, "reason": "look"})
    assert allowed(fix_of(proof_of(warned)), PATCH, tmp_path)[0] == "verified"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (steps(suite=NOT_SHOWN), "suite: no time"),
        (steps(negative_control=NOT_SHOWN), "negative control: no time"),
        (tuple(s for s in steps() if s.rule != "outside the runner"), "outside of the test runner"),
        (tuple(s for s in steps() if s.rule != "held-out inputs"), "was not shown"),
    ],
)
def test_what_is_missing_is_told_whatever_the_word(
    tmp_path: Path, found: tuple[Verdict, ...], told: str
) -> None:
    outcome, missing = allowed(fix_of(proof_of(found)), PATCH, tmp_path)
    assert outcome == "unverified" and told in missing[0], missing


WAYS: dict[str, tuple[Callable[[], Fix], str]] = {
    "a step that failed": (lambda: fix_of(proof_of(steps(suite=REFUSED))), "suite: one broke"),
    "its own word": (lambda: fix_of(proof_of(steps(), outcome="rejected")), "its proof failed"),
    "a run that failed": (lambda: fix_of(proof_of(steps(), after_passes=4)), "its proof failed"),
    "no proof": (lambda: fix_of(None), "it has no proof"),
    "an attempt that was refused": (
        lambda: fix_of(proof_of(steps()), outcome="refused"), "no attempt was kept"),
    "an attempt that is not there": (
        lambda: fix_of(proof_of(steps())).model_copy(update={"kept": 7}), "no attempt was kept"),
    "a guard's rule": (
        lambda: fix_of(proof_of(steps()), guard=(Verdict(rule="code", passed=False, reason="ends it"),)),
        "code: ends it"),
    "another patch": (
        lambda: fix_of(proof_of(steps(), patch_sha256="0" * 64)), "not the one that was proven"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_was_rejected_is_not_published(tmp_path: Path, way: str) -> None:
    make, told = WAYS[way]
    with pytest.raises(ImproveError, match="REJECTED and is not published") as refused:
        allowed(make(), PATCH, tmp_path)
    assert told in refused.value.what and "--from fix" in refused.value.cure


def test_a_proof_that_was_written_over_is_seen(tmp_path: Path) -> None:
    """fix.json is made good by hand; the attempt's own file still tells what was seen."""
    left = fix_of(proof_of(steps(suite=REFUSED), outcome="rejected")).attempts[0]
    rundir.write_whole(tmp_path / "attempts/1/attempt.json", left.model_dump_json().encode())
    with pytest.raises(ImproveError, match="different proofs"):
        allowed(fix_of(proof_of(steps())), PATCH, tmp_path)
