"""Repository and pull requests of the loopback GitHub: kept between requests, judged as GitHub judges."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.support.github_answers import Answer, Asked, Room, not_found, page, refused, user
from tests.support.github_published import example
from tests.support.github_runs import names
from tests.support.github_state import GitHub

MOST = 65_536  # characters of a body


def _repository(github: GitHub, _asked: Asked) -> Answer:
    made = example("repos/get", 200, github.repository)
    for gone in ("template_repository", "organization", "parent", "source"):
        made.pop(gone, None)
    told = {"default_branch": github.default_branch, "language": "Python"}
    return Answer(200, made | names(github.repository) | told)


def _commit(github: GitHub, asked: Asked) -> Answer:
    sha = asked.at["ref"]
    if not commit_of(github, sha):
        return refused(422, f"No commit found for SHA: {sha}")
    before = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
    made = example("repos/get-commit", 200, github.repository, (before, sha))
    return Answer(200, made | {"files": []})  # the example's lack what is required of them


def _listed(github: GitHub, asked: Asked) -> Answer:
    if github.shy_lists > 0:
        github.shy_lists -= 1
        return Answer(200, [])
    state, head = asked.query.get("state", "open"), asked.query.get("head")
    fields = example("pulls/list", 200, github.repository)[0]
    found = [
        {key: one[key] for key in fields if key in one} for one in github.pulls
        if state in ("all", one["state"]) and head in (None, one["head"]["label"])
        and asked.query.get("base", one["base"]["ref"]) == one["base"]["ref"]
    ]  # fmt: skip
    shown, more = page(asked, found)
    return Answer(200, shown, more)


def create(github: GitHub, asked: dict[str, Any]) -> Answer:
    """Open a pull request, unless GitHub would not."""
    owner, _, branch = asked["head"].rpartition(":")
    label = f"{owner or github.repository.split('/')[0]}:{branch}"
    if asked.get("draft") and not github.drafts:
        return invalid("Draft pull requests are not supported in this repository.")
    for field, name in (("head", branch), ("base", asked["base"])):
        if not commit_of(github, f"refs/heads/{name}"):
            return invalid("", field=field, code="invalid")
    if len(asked.get("body") or "") > MOST:
        return invalid(f"body is too long (maximum is {MOST} characters)", field="body")
    for one in github.pulls:
        there = (one["state"], one["head"]["label"], one["base"]["ref"])
        if there == ("open", label, asked["base"]):
            return invalid(f"A pull request already exists for {label}.")
    return Answer(201, add(github, label, asked))


def add(github: GitHub, label: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Open a pull request, whatever speaks against it."""
    number = len(github.pulls) + 1
    made: dict[str, Any] = example("pulls/create", 201, github.repository, (1347, number))
    made |= {
        "id": 5000 + number, "node_id": f"PR_{number}", "number": number, "state": "open", "title": asked["title"],
        "body": asked.get("body"), "draft": bool(asked.get("draft")), "user": user("octocat"),
        "maintainer_can_modify": bool(asked.get("maintainer_can_modify")), "locked": False,
        "merged": False, "mergeable": None, "merged_by": None, "milestone": None,
        "active_lock_reason": None, "assignee": None, "labels": [],
        **{key: [] for key in ("assignees", "requested_reviewers", "requested_teams")},
        **dict.fromkeys(("closed_at", "merged_at", "merge_commit_sha", "auto_merge")),
    }  # fmt: skip
    owner, home = label.partition(":")[0], github.repository.split("/")
    _end(github, made["head"], f"{owner}/{home[1]}", label.partition(":")[2])
    _end(github, made["base"], github.repository, asked["base"])
    github.pulls.append(made)
    return made


def _end(github: GitHub, end: dict[str, Any], repository: str, branch: str) -> None:
    owner = repository.split("/")[0]
    end |= {"ref": branch, "label": f"{owner}:{branch}", "user": user(owner)}
    end["sha"] = commit_of(github, f"refs/heads/{branch}") or end["sha"]
    end["repo"] |= names(repository) | {"fork": repository != github.repository}


def _one(github: GitHub, asked: Asked) -> Answer:
    pull = github.pull(asked.number("pull_number"))
    if pull is None:
        return not_found()
    head = pull["head"]
    head["sha"] = commit_of(github, f"refs/heads/{head['ref']}") or head["sha"]  # pushed meanwhile
    return Answer(200, pull)


def _change(github: GitHub, asked: Asked) -> Answer:
    there = _one(github, asked)
    if there.status == 200:
        change(there.body, asked.body)
    return there


def change(pull: dict[str, Any], asked: dict[str, Any]) -> None:
    """Give a pull request another title, body, state or base."""
    pull.update({key: asked[key] for key in ("title", "body", "state") if key in asked})
    pull["base"]["ref"] = asked.get("base", pull["base"]["ref"])


def _ask_for_review(github: GitHub, asked: Asked) -> Answer:
    there = _one(github, asked)
    if there.status != 200:
        return there
    pull, wanted = there.body, asked.body.get("reviewers", [])
    strange = [login for login in wanted if login not in github.permissions]
    if strange:
        told = f"Reviews may only be requested from collaborators: {', '.join(strange)}"
        return refused(422, told)
    asked_before = {one["login"] for one in pull["requested_reviewers"]}
    pull["requested_reviewers"] += [user(one) for one in wanted if one not in asked_before]
    fields = example("pulls/request-reviewers", 201, github.repository)
    return Answer(201, {key: pull[key] for key in fields if key in pull})


def invalid(message: str, *, field: str = "", code: str = "custom") -> Answer:
    """A 422 about a pull request."""
    told = {"resource": "PullRequest", "field": field, "code": code, "message": message}
    kept = {key: value for key, value in told.items() if value}
    return refused(422, "Validation Failed", [kept])


def commit_of(github: GitHub, name: str) -> str:
    """The commit that a name means in the repository that is pushed to; '' when there is none."""
    if github.bare is None:
        return "6dcb09b5b57875f334f61aebed695e2e4193db5e"
    asked = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    done = subprocess.run(
        asked, cwd=github.bare, capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.stdout.strip()


ROOM: Room = {
    "repos/get": _repository,
    "repos/get-commit": _commit,
    "pulls/list": _listed,
    "pulls/create": lambda github, asked: create(github, asked.body),
    "pulls/get": _one,
    "pulls/update": _change,
    "pulls/request-reviewers": _ask_for_review,
}
