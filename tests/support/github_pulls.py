"""Repository and pull requests of the small GitHub: kept between requests, judged as GitHub judges."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from tests.support.github_state import GitHub

MOST = 65_536  # characters of a body
Made = tuple[int, Any]  # a status and its body
CREATE = "https://docs.github.com/rest/pulls/pulls#create-a-pull-request"


def answer(
    github: GitHub, method: str, path: str, query: dict[str, str], body: bytes
) -> Made | None:
    """The answer to a request about the repository (``path`` '') or its pull requests, or None."""
    if (method, path) == ("GET", ""):
        return 200, {"full_name": github.repository, "default_branch": github.default_branch,
                     "id": 1, "private": False}  # fmt: skip
    if method == "GET" and path.startswith("/commits/"):
        sha = path.removeprefix("/commits/")
        there = _has(github, f"{sha}^{{commit}}")
        return (
            (200, {"sha": sha}) if there else (422, {"message": f"No commit found for SHA: {sha}"})
        )
    if (method, path) == ("GET", "/pulls"):
        return 200, _listed(github, query)
    if (method, path) == ("POST", "/pulls"):
        return _create(github, json.loads(body))
    found = re.fullmatch(r"/pulls/(\d+)", path)
    pull = github.pulls[int(found[1]) - 1] if found and int(found[1]) <= len(github.pulls) else None
    if pull is None or method not in ("GET", "PATCH"):
        return None
    if method == "PATCH":
        asked = json.loads(body)
        pull.update({key: asked[key] for key in ("title", "body", "state") if key in asked})
        pull["base"]["ref"] = asked.get("base", pull["base"]["ref"])
    return 200, pull


def _listed(github: GitHub, query: dict[str, str]) -> list[dict[str, Any]]:
    if github.shy_lists > 0:
        github.shy_lists -= 1
        return []
    state, head = query.get("state", "open"), query.get("head")
    return [
        one for one in github.pulls
        if state in ("all", one["state"]) and head in (None, one["head"]["label"])
    ]  # fmt: skip


def _create(github: GitHub, asked: dict[str, Any]) -> Made:
    owner, _, branch = asked["head"].rpartition(":")
    label = f"{owner or github.repository.split('/')[0]}:{branch}"
    if asked.get("draft") and not github.drafts:
        return invalid({"message": "Draft pull requests are not supported in this repository."})
    for field, name in (("head", branch), ("base", asked["base"])):
        if not _has(github, f"refs/heads/{name}"):
            return invalid({"resource": "PullRequest", "field": field, "code": "invalid"})
    if len(asked.get("body", "")) > MOST:
        return invalid({"message": f"body is too long (maximum is {MOST} characters)"})
    for one in github.pulls:
        if (one["state"], one["head"]["label"], one["base"]["ref"]) == (
            "open",
            label,
            asked["base"],
        ):
            return invalid({"message": f"A pull request already exists for {label}."})
    return 201, add(github, label, asked)


def add(github: GitHub, label: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Open a pull request, whatever speaks against it."""
    number = len(github.pulls) + 1
    page = f"https://github.com/{github.repository}/pull/{number}"
    made = {
        "number": number, "state": "open", "html_url": page, "title": asked["title"],
        "body": asked.get("body"), "draft": bool(asked.get("draft")), "user": {"login": "octocat"},
        "maintainer_can_modify": bool(asked.get("maintainer_can_modify")),
        "head": {"ref": label.partition(":")[2], "label": label},
        "base": {"ref": asked["base"], "label": f"{github.repository.split('/')[0]}:{asked['base']}"},
    }  # fmt: skip
    github.pulls.append(made)
    return made


def invalid(*errors: dict[str, str]) -> Made:
    """A 422."""
    return 422, {
        "message": "Validation Failed",
        "errors": list(errors),
        "documentation_url": CREATE,
    }


def _has(github: GitHub, name: str) -> bool:
    if github.bare is None:
        return True
    asked = ["git", "rev-parse", "--verify", "--quiet", name]
    return subprocess.run(asked, cwd=github.bare, capture_output=True, check=False).returncode == 0
