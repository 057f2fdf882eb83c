"""The loopback GitHub's state as GraphQL sees it: what ``gh pr`` asks for and does.

Objects are dictionaries by the schema's field names; a field with arguments is a function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support import github_pulls
from tests.support.github_answers import user
from tests.support.github_issues import comment, described
from tests.support.github_state import GitHub

Node = dict[str, Any]


class Missing(Exception):
    """GitHub's own refusal, with the type that it gives it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def queries(github: GitHub) -> Node:
    """The fields of Query."""

    def repository(owner: str, name: str, followRenames: bool = True) -> Node:  # noqa: N803
        asked = f"{owner}/{name}"
        known = asked == github.repository or (followRenames and asked == github.old_name)
        if not github.open or not known:
            told = f"Could not resolve to a Repository with the name '{asked}'."
            raise Missing("NOT_FOUND", told)
        return _repository(github)

    return {"viewer": _person("octocat"), "repository": repository}


def mutations(github: GitHub) -> Node:
    """The fields of Mutation."""

    def create(input: Node) -> Node:
        asked = {"head": input["headRefName"], "base": input["baseRefName"], **input}
        told = github_pulls.create(github, asked | {"draft": input.get("draft", False)})
        if told.status != 201:
            problem = told.body["errors"][0]
            words = problem.get("message") or f"{problem['field']} {problem['code']}"
            raise Missing("UNPROCESSABLE", words)
        return {"clientMutationId": None, "pullRequest": _pull(github, told.body)}

    def add_comment(input: Node) -> Node:
        for one in github.pulls:
            if one["node_id"] == input["subjectId"]:
                made = described(github, comment(github, one["number"], input["body"]))
                return {"commentEdge": {"node": {"id": made["node_id"], "url": made["html_url"]}}}
        raise Missing("NOT_FOUND", "Could not resolve to a node with that global id.")

    return {"createPullRequest": create, "addComment": add_comment}


def _repository(github: GitHub) -> Node:
    owner, name = github.repository.split("/")
    return {
        "__typename": "Repository", "id": "R_1", "databaseId": 1296269, "name": name,
        "nameWithOwner": github.repository, "owner": _person(owner), "description": "",
        "url": f"https://github.com/{github.repository}", "parent": None,
        "sshUrl": f"git@github.com:{github.repository}.git", "isPrivate": False,
        "hasIssuesEnabled": True, "hasWikiEnabled": True, "viewerPermission": "ADMIN",
        "mergeCommitAllowed": True, "rebaseMergeAllowed": True, "squashMergeAllowed": True,
        "defaultBranchRef": {"name": github.default_branch},
        "pullRequests": _listed(github), "pullRequest": _one(github),
    }  # fmt: skip


def _person(login: str) -> Node:
    return {"__typename": "User", "id": f"U_{login}", "login": login, "name": login,
            "databaseId": user(login)["id"]}  # fmt: skip


def _listed(github: GitHub) -> Callable[..., Node]:
    def find(
        states: list[str] | None = None,
        headRefName: str | None = None,  # noqa: N803
        baseRefName: str | None = None,  # noqa: N803
        first: int = 30,
        **_how: object,
    ) -> Node:
        found = [
            one for one in github.pulls
            if (not states or one["state"].upper() in states)
            and headRefName in (None, one["head"]["ref"])
            and baseRefName in (None, one["base"]["ref"])
        ]  # fmt: skip
        shown = [_pull(github, one) for one in reversed(found)][:first]
        return _connection(shown, len(found))

    return find


def _one(github: GitHub) -> Callable[..., Node]:
    def find(number: int) -> Node:
        pull = github.pull(number)
        if pull is None:
            told = f"Could not resolve to a PullRequest with the number of {number}."
            raise Missing("NOT_FOUND", told)
        return _pull(github, pull)

    return find


def _pull(github: GitHub, pull: Node) -> Node:
    head, base = pull["head"], pull["base"]
    comments = [one for one in github.comments if one.issue == pull["number"]]
    return {
        "__typename": "PullRequest", "id": pull["node_id"], "number": pull["number"],
        "url": pull["html_url"], "title": pull["title"], "body": pull["body"] or "",
        "state": pull["state"].upper(), "isDraft": pull["draft"], "author": _person("octocat"),
        "headRefName": head["ref"], "baseRefName": base["ref"], "headRefOid": head["sha"],
        "headRepositoryOwner": _person(head["user"]["login"]),
        "headRepository": {"id": "R_1", "name": head["repo"]["name"]},
        "isCrossRepository": head["user"]["login"] != base["user"]["login"],
        "maintainerCanModify": pull["maintainer_can_modify"],
        "createdAt": pull["created_at"], "updatedAt": pull["updated_at"],
        "labels": lambda **_how: _connection([
            {"id": one["node_id"], "name": one["name"], "color": one["color"],
             "description": one["description"]} for one in pull["labels"]
        ]),
        "comments": lambda **_how: _connection([_comment(described(github, one)) for one in comments]),
    }  # fmt: skip


def _comment(told: Node) -> Node:
    return {
        "id": told["node_id"], "author": _person(told["user"]["login"]), "body": told["body"],
        "authorAssociation": told["author_association"], "createdAt": told["created_at"],
        "includesCreatedEdit": False, "isMinimized": False, "minimizedReason": None,
        "reactionGroups": [], "url": told["html_url"], "viewerDidAuthor": True,
    }  # fmt: skip


def _connection(nodes: list[Node], total: int | None = None) -> Node:
    return {
        "nodes": nodes, "totalCount": len(nodes) if total is None else total,
        "pageInfo": {"hasNextPage": False, "endCursor": None},
    }  # fmt: skip
