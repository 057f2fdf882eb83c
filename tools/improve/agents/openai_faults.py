"""What an error of the OpenAI SDKs means for us: which fault it is, and whether to ask again.

The SDK's own retries are off. They ignore our deadline, and repeat what cannot get better
(``insufficient_quota`` comes with the same status as a rate limit).
https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx2
import openai
from agents.exceptions import MaxTurnsExceeded, ModelBehaviorError, ModelRefusalError

from improve.agents.protocol import AgentFault
from improve.workbench.services import OPENAI

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds
PASSES = ("server_error", "rate_limit_exceeded", "overloaded")  # a response that failed under way
MODEL = (
    f"Check {OPENAI.model_setting} and {OPENAI.address}; `openai-api: chat` is for services and models that "
    "know neither the Responses API nor its own tools."
)
UNREACHABLE = f"Check the network, {OPENAI.address} and the service's status page."


@dataclass(frozen=True)
class Trouble:
    """``fault`` is raised when it is not asked again; ``wait`` in seconds, None: asking is no use."""

    fault: AgentFault
    wait: float | None = None


def trouble(error: Exception, tries: int) -> Trouble:
    """What to make of ``error``, met by the request that was made ``tries`` times."""
    backoff = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    if isinstance(error, AgentFault):
        return Trouble(error)
    if isinstance(error, openai.APIStatusError):
        return _status(error, backoff)
    if isinstance(error, openai.APITimeoutError):
        return Trouble(
            AgentFault("unreachable", "the model did not answer in time", UNREACHABLE), backoff
        )
    if isinstance(error, (openai.APIConnectionError, httpx2.TransportError)):
        what = f"the connection to the model broke: {_last(error)}"
        return Trouble(AgentFault("unreachable", what, UNREACHABLE), backoff)
    if isinstance(
        error, (json.JSONDecodeError, openai.APIResponseValidationError, UnicodeDecodeError)
    ):
        what = "the model's service answered with something that is not its protocol"
        return Trouble(AgentFault("unreachable", what, UNREACHABLE), backoff)
    if isinstance(error, openai.APIError):  # an error event in the middle of a stream
        passes = error.code in PASSES or error.type in PASSES
        return Trouble(
            AgentFault("busy", f"the model's service failed: {error.message}"),
            backoff if passes else None,
        )
    return Trouble(
        _of_the_sdk(error), backoff if any(one in str(error) for one in PASSES) else None
    )


def _status(error: openai.APIStatusError, backoff: float) -> Trouble:
    said = f"{error.status_code}: {error.message}"[:500]
    if error.status_code in (401, 403) or error.code == "insufficient_quota":
        cure = f"Check {OPENAI.key} and the account's quota."
        return Trouble(AgentFault("key", f"the model's service let us not in ({said})", cure))
    if error.status_code in (408, 409, 429) or error.status_code >= 500:
        asked = _retry_after(error)
        fault = AgentFault("busy", f"the model's service is busy ({said})")
        return Trouble(fault, backoff if asked is None else asked)
    cure = MODEL if error.status_code in (400, 404) else ""
    return Trouble(AgentFault("broken", f"the model's service refused the request ({said})", cure))


def _retry_after(error: openai.APIStatusError) -> float | None:
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(error.response.headers[name]) / divisor)
        except (KeyError, ValueError):
            continue
    return None


def _of_the_sdk(error: Exception) -> AgentFault:
    if isinstance(error, ModelRefusalError):
        return AgentFault("refused", f"the model declined: {error}")
    if isinstance(error, MaxTurnsExceeded):
        return AgentFault("limit", "the limit of turns is reached (agent-turns)")
    if isinstance(error, ModelBehaviorError):
        what, said = f"the model's answer could not be used: {error}"[:500], str(error)
        if "content_filter" in said:
            return AgentFault("refused", what)
        return AgentFault("busy" if any(one in said for one in PASSES) else "broken", what)
    return AgentFault("broken", f"{type(error).__name__}: {error}"[:500])


def _last(error: BaseException) -> str:
    """The innermost cause: the outer ones only say 'Connection error.'"""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:200]
