"""``workflow_dispatch``: somebody who may write filled in the form: one request, or a list."""

from __future__ import annotations

import json
from collections.abc import Mapping

from improve.contract.from_environment import requests_from_environment
from improve.prompts import count
from improve.triggers.decision import MOST, Decision, Start


def decide(environ: Mapping[str, str]) -> Decision:
    """Start each request of the form, at most ``MOST``.

    Raises: RequestError that names every problem, and the request it is in.
    """
    found = requests_from_environment(environ, MOST)
    starts = tuple(Start(one, _about(one)) for one in found)
    return Decision(True, f"{count(len(starts), 'request')} by hand.", starts)


def _about(request: Mapping[str, object]) -> str:
    keys = ("name", "url", "raw-logs", "existing-test-path", "base")
    return json.dumps([request.get(key) for key in keys])
