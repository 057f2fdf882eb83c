"""From a request to the loopback GitHub's answer: by the paths of the published description."""

from __future__ import annotations

from typing import Any

from tests.support import (
    github_artifacts,
    github_graphql,
    github_issues,
    github_people,
    github_pulls,
    github_runs,
)
from tests.support.github_answers import Answer, Asked, Room, not_found, refused
from tests.support.github_honest import answer_problems, request_problems
from tests.support.github_published import Operation, find
from tests.support.github_state import TOKEN, Fault, GitHub

SCOPES = {"X-OAuth-Scopes": "repo, workflow, read:org"}
SIGNED_IN = (f"token {TOKEN}", f"Bearer {TOKEN}")
NUMBER = "1296269"  # the repository's own, which stays when it is renamed
ROOMS: Room = {
    **github_people.ROOM,
    **github_runs.ROOM,
    **github_artifacts.ROOM,
    **github_issues.ROOM,
    **github_pulls.ROOM,
}


def answer(
    github: GitHub, method: str, asked: Asked, authorization: str, fault: Fault | None
) -> Answer:
    """The answer to a request, or what a planted fault makes of it; both are held to account."""
    if asked.path in github_graphql.PATHS:
        return _graph(github, asked, authorization, fault)
    path = asked.path.replace(f"/repositories/{NUMBER}", f"/repos/{github.repository}", 1)
    found = find(method, path)
    if found is None:
        github.problems.append(f"{method} {path} is not in the slice (tests/resources/github)")
        return not_found()
    operation, at = found
    github.problems += request_problems(operation, asked.query, asked.body)
    asked = Asked(path, asked.query, at, asked.body)
    told = _told(github, operation, asked, authorization, fault)
    if fault is None or fault.kind != "foreign":
        github.problems += answer_problems(operation, told.status, told.body)
    return told


def _told(
    github: GitHub, operation: Operation, asked: Asked, authorization: str, fault: Fault | None
) -> Answer:
    kind = fault.kind if fault else ""
    if fault and kind in ("answer", "foreign"):
        return refused(fault.status, fault.message, fault.errors)
    made = _true(github, operation, asked, authorization)
    if fault and kind == "lost":
        return refused(fault.status, fault.message)
    if fault and fault.spoil:
        fault.spoil(made.body)
    return made


def _true(github: GitHub, operation: Operation, asked: Asked, authorization: str) -> Answer:
    if authorization not in SIGNED_IN:
        return refused(401, "Bad credentials")
    if "owner" not in asked.at:
        made = ROOMS[operation.name](github, asked)
        return Answer(made.status, made.body, SCOPES)
    named = f"{asked.at['owner']}/{asked.at['repo']}"
    if github.old_name and named == github.old_name:
        return _moved(asked.path.replace(f"/repos/{named}", f"/repositories/{NUMBER}", 1))
    if not github.open or named != github.repository:
        return not_found()
    return ROOMS[operation.name](github, asked)


def _graph(github: GitHub, asked: Asked, authorization: str, fault: Fault | None) -> Answer:
    if fault and fault.kind in ("answer", "foreign"):
        return refused(fault.status, fault.message)
    if authorization not in SIGNED_IN:
        return refused(401, "Bad credentials")
    return github_graphql.answer(github, asked.body)


def _moved(path: str) -> Answer:
    place = f"https://api.github.com{path}"
    body: dict[str, Any] = {**refused(301, "Moved Permanently").body, "url": place}
    del body["status"]
    return Answer(301, body, {"Location": place})
