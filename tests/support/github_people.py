"""Who asks, and who may do what, as the loopback GitHub tells of them."""

from __future__ import annotations

from tests.support.github_answers import Answer, Asked, Room, refused, user
from tests.support.github_published import example
from tests.support.github_state import GitHub

# https://docs.github.com/rest/collaborators/collaborators: the finer roles as a permission
COARSE = {"maintain": "write", "triage": "read"}


def _root(github: GitHub, _asked: Asked) -> Answer:
    return Answer(200, example("meta/root", 200, github.repository))


def _me(github: GitHub, _asked: Asked) -> Answer:
    return Answer(200, example("users/get-authenticated", 200, github.repository))


def _permission(github: GitHub, asked: Asked) -> Answer:
    login = asked.at["username"]
    if login not in github.permissions:
        return refused(404, f"{login} is not a user")
    role = github.permissions[login]
    made = example("repos/get-collaborator-permission-level", 200, github.repository)
    told: dict[str, object] = {"permission": COARSE.get(role, role), "role_name": role}
    told["user"] = user(login) | {"role_name": role}
    return Answer(200, made | told)


ROOM: Room = {
    "meta/root": _root,
    "users/get-authenticated": _me,
    "repos/get-collaborator-permission-level": _permission,
}
