"""What a session's end means. Success is never believed: not the word, not the exit status.

The program ends a failed request with the subtype ``success``; ``is_error``, the reason and the
status of the service tell. All of it was seen on a scripted service, fault by fault.
"""

from __future__ import annotations

from typing import Any

from improve.agents.protocol import AgentFault
from improve.workbench.keyproxy_handler import REFUSED
from improve.workbench.services import ANTHROPIC

LONGEST = 300
KEY_CURE = f"Check {ANTHROPIC.key} and the account's balance, or take another agent."
BUSY_CURE = "Try again later with ./run.sh --resume."
NET_CURE = f"Check the connection and {ANTHROPIC.address}, then ./run.sh --resume."
MODEL_CURE = f"Check {ANTHROPIC.model_setting} in improve.yaml."


def of_result(result: Any) -> AgentFault | None:
    """The fault that a closing message (ResultMessage or ResultError) tells, or None."""
    if result.subtype == "error_max_turns":
        return AgentFault("limit", "Claude used all turns of this attempt.")
    if result.subtype == "error_max_budget_usd":
        return AgentFault("limit", "Claude used all dollars of this run.")
    if result.subtype == "error_max_structured_output_retries":
        return AgentFault("no_answer", "Claude gave no answer that fits the schema.")
    if getattr(result, "stop_reason", None) == "refusal":
        return AgentFault("refused", "Claude declined to work on this.")
    if not _failed(result):
        return None
    said = _said(result)
    if result.subtype != "success":
        return AgentFault("broken", f"The claude program ended with {said}")
    return of_status(result.api_error_status, said)


def of_status(status: int | None, said: str) -> AgentFault:
    """The fault of a request that the service answered with ``status``; None: with nothing."""
    if REFUSED in said:
        return AgentFault("broken", f"Our key proxy refused a request: {said}", MODEL_CURE)
    if status in (401, 402, 403) or "credit balance" in said.lower():
        return AgentFault("key", f"The service did not let us in ({status}): {said}", KEY_CURE)
    if status == 404:
        return AgentFault("broken", f"The service does not know the model: {said}", MODEL_CURE)
    if status in (408, 429) or (status or 0) >= 500:
        return AgentFault("busy", f"The service is busy or broken ({status}): {said}", BUSY_CURE)
    if status is not None:
        return AgentFault("broken", f"The service refused a request ({status}): {said}")
    return AgentFault("unreachable", f"The service did not answer: {said}", NET_CURE)


def _failed(result: Any) -> bool:
    # A ResultError has no is_error: that it was raised says it.
    return bool(getattr(result, "is_error", True)) or result.subtype != "success"


def _said(result: Any) -> str:
    errors = "; ".join(str(one) for one in result.errors or ())
    return (result.result or errors or str(result.subtype)).strip()[:LONGEST]
