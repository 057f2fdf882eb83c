"""OpenAI's API as its clients meet it: the Responses API, and chat completions for gateways.

Checked against the types of the `openai` package (``tests/agents/test_openai_server.py`` validates
every answer, every event and the SDK's own requests with them).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from tests.support.model_servers import http, openai_chat, openai_responses
from tests.support.model_servers.http import Answer, Malformed, ModelServer
from tests.support.model_servers.script import Fault, Script, Seen, Step

# https://platform.openai.com/docs/guides/error-codes: status -> type, code
ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "server_is_overloaded"),
}
SPOKEN = {"/v1/responses": openai_responses, "/v1/chat/completions": openai_chat}


def serve(turns: Iterable[Step]) -> AbstractContextManager[ModelServer]:
    """A scripted model; set OPENAI_BASE_URL to its ``url`` and ``/v1``."""
    return http.serve(protocol, Script(turns))


def protocol(script: Script, seen: Seen) -> Answer:
    """The answer to one request. Raises: Malformed."""
    spoken = SPOKEN.get(seen.path)
    if seen.method != "POST" or spoken is None:
        return _error(Fault("status", 404, f"Invalid URL ({seen.method} {seen.path})"))
    if not seen.headers.get("authorization", "").startswith("Bearer "):
        return _error(Fault("status", 401, "You didn't provide an API key."))
    if not isinstance(seen.body, dict) or not isinstance(seen.body.get("model"), str):
        raise Malformed("model: expected a text")
    said = spoken.check(seen.body)
    number, turn = script.turn(_identity(said), seen.body)
    if turn.fault and turn.fault.kind == "status":
        return _error(turn.fault, number)
    told = spoken.body(seen.body, turn, number)
    if seen.body.get("stream"):
        return Answer(events=list(spoken.events(told, turn)), fault=turn.fault, turn=number)
    return Answer(body=told, fault=turn.fault, turn=number)


def _identity(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _error(fault: Fault, number: int | None = None) -> Answer:
    kind, code = ERRORS.get(fault.status, ("server_error", None))
    if fault.code == "insufficient_quota":
        kind = fault.code
    said = {"message": fault.message, "type": kind, "param": None, "code": fault.code or code}
    return Answer(fault.status, {"error": said}, headers=fault.headers, turn=number)
