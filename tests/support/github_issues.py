"""Comments, reactions and labels, as the loopback GitHub tells of them."""

from __future__ import annotations

import zlib
from typing import Any

from tests.support.github_answers import Answer, Asked, Room, not_found, page, refused, user
from tests.support.github_published import example
from tests.support.github_state import Comment, GitHub

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def described(github: GitHub, comment: Comment) -> dict[str, Any]:
    """A comment as GitHub tells of it."""
    made: dict[str, Any] = example(
        "issues/create-comment", 201, github.repository,
        ("1347", comment.issue), ("issuecomment-1", f"issuecomment-{comment.id}"),
        ("comments/1", f"comments/{comment.id}"),
    )  # fmt: skip
    return made | {
        "id": comment.id, "body": comment.body, "user": user(comment.author),
        "author_association": comment.association,
    }  # fmt: skip


def _comments(github: GitHub, asked: Asked) -> Answer:
    mine = [one for one in github.comments if one.issue == asked.number("issue_number")]
    shown, more = page(asked, mine)
    return Answer(200, [described(github, one) for one in shown], more)


def comment(github: GitHub, issue: int, body: str, author: str = "octocat") -> Comment:
    """Add a comment."""
    number = max((one.id for one in github.comments), default=900) + 1
    made = Comment(number, issue, body, author, "OWNER")
    github.comments.append(made)
    return made


def _comment(github: GitHub, asked: Asked) -> Answer:
    body = str(asked.body["body"])
    if not body.strip():
        fault = {"resource": "IssueComment", "code": "missing_field", "field": "body"}
        return refused(422, "Validation Failed", [fault])
    return Answer(201, described(github, comment(github, asked.number("issue_number"), body)))


def _rewrite(github: GitHub, asked: Asked) -> Answer:
    for one in github.comments:
        if one.id == asked.number("comment_id"):
            one.body = str(asked.body["body"])
            return Answer(200, described(github, one))
    return not_found()


def _react(github: GitHub, asked: Asked) -> Answer:
    content = asked.body["content"]
    for one in github.comments:
        if one.id == asked.number("comment_id"):
            if content not in REACTIONS:
                fault = {"resource": "Reaction", "code": "invalid", "field": "content"}
                return refused(422, "Validation Failed", [fault])
            before = content in one.reactions
            one.reactions += [] if before else [content]
            made = example("reactions/create-for-issue-comment", 201, github.repository)
            return Answer(200 if before else 201, made | {"content": content})
    return not_found()


def _label(github: GitHub, asked: Asked) -> Answer:
    number = asked.number("issue_number")
    given = asked.body["labels"] if isinstance(asked.body, dict) else asked.body
    named = [one["name"] if isinstance(one, dict) else one for one in given]
    there = github.labels.setdefault(number, [])
    there += [name for name in named if name not in there]
    made = [label(github, name) for name in there]
    pull = github.pull(number)
    if pull:
        pull["labels"] = made
    return Answer(200, made)


def label(github: GitHub, name: str) -> dict[str, Any]:
    """A label as GitHub tells of it."""
    made: dict[str, Any] = example(
        "issues/add-labels", 200, github.repository, ("labels/bug", f"labels/{name}")
    )[0]
    return made | {"name": name, "id": zlib.crc32(name.encode()), "default": False}


ROOM: Room = {
    "issues/list-comments": _comments,
    "issues/create-comment": _comment,
    "issues/update-comment": _rewrite,
    "issues/add-labels": _label,
    "reactions/create-for-issue-comment": _react,
}
