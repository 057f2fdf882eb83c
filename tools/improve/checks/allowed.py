"""Whether a kept fix may be published: judged again by its record, whatever word stands over it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from improve.errors import ImproveError
from improve.records import Attempt, Fix
from improve.records.reading import read
from improve.records.verdict import ProofOutcome, missing, outcome_of

AGAIN = "Make and prove it again: ./run.sh --resume {run} --from fix"


def allowed(fix: Fix, patch: bytes, run: Path) -> tuple[ProofOutcome, tuple[str, ...]]:
    """VERIFIED or UNVERIFIED, with what is missing in words.

    Raises: ImproveError for a fix that was rejected, or whose record and patch do not belong together:
    nothing of it is published.
    """
    kept = next((attempt for attempt in fix.attempts if attempt.number == fix.kept), None)
    why = _against(kept, patch, run)
    if why or kept is None or kept.proof is None:
        raise ImproveError(
            f"The fix is REJECTED and is not published: {why}.", AGAIN.format(run=run.name)
        )
    steps = kept.proof.steps
    # The record may be of an older version, or may call itself more than its steps show.
    whole = outcome_of(steps) == "verified" == kept.proof.outcome
    return ("verified", ()) if whole else ("unverified", missing(steps))


def _against(kept: Attempt | None, patch: bytes, run: Path) -> str:
    """What forbids it; '' when nothing does."""
    if kept is None or kept.outcome != "kept":
        return "no attempt was kept"
    proof = kept.proof
    if proof is None:
        return "it has no proof"
    refused = next((one for one in (*kept.guard, *proof.steps) if one.refuses), None)
    if refused:
        return f"{refused.rule}: {refused.reason}"
    if proof.outcome == "rejected" or proof.after_passes < proof.after_runs:
        return "its proof failed"
    if proof.patch_sha256 and proof.patch_sha256 != hashlib.sha256(patch).hexdigest():
        return "the patch is not the one that was proven"
    if _kept_on_disk(kept, run) not in (None, proof.steps):
        return f"fix.json and attempts/{kept.number}/attempt.json tell of different proofs"
    return ""


def _kept_on_disk(kept: Attempt, run: Path) -> object:
    """The steps as the attempt itself left them; None when it left none that can be read."""
    place = run / "attempts" / str(kept.number) / "attempt.json"
    try:
        proof = read(Attempt, place.read_bytes())[0].proof
    except (OSError, ValidationError):
        return None
    return proof.steps if proof else ()
