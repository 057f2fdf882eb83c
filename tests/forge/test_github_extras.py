"""Labels, reviewers and the reproduction's branch: wishes beside the pull request."""

from __future__ import annotations

import pytest
from tests.forge.drafts import TARGET, Shop
from tests.support.github_server import Fault
from tests.support.repositories import git

from improve.context import Budget
from improve.forge.choose import GitHubPlace, choose, known_hosts
from improve.forge.gh import Gh
from improve.forge.github_extras import add_extras
from improve.forge.github_publish import DOING, NEEDS, push_reproduction
from improve.workbench.git import Git

BRANCH, KEPT = "repro/shop", "Reproduced-by: us"


def test_they_are_set_when_the_pull_request_is_opened_and_left_alone_later(shop: Shop) -> None:
    wishes = {"labels": ("bug", "auto fix"), "reviewers": ("octocat", "acme/backend")}
    first = shop.publish("one", **wishes)
    assert (first.outcome, first.notes) == ("created", ())
    (pull,) = shop.github.pulls
    assert shop.github.labels == {1: ["bug", "auto fix"]}
    assert [one["login"] for one in pull["requested_reviewers"]] == ["octocat"]
    shop.github.labels[1].clear()  # somebody took them away
    pull["requested_reviewers"].clear()
    assert shop.publish("two", **wishes).outcome == "updated"
    assert (shop.github.labels[1], pull["requested_reviewers"]) == ([], [])


def test_what_is_refused_is_a_note_with_the_command(shop: Shop) -> None:
    said = "Reviews may only be requested from collaborators."  # its description has no body
    shop.github.faults = [Fault("/requested_reviewers", 422, said, kind="foreign")]
    done = shop.publish("one", labels=("a b",), reviewers=("stranger",))
    assert done.outcome == "created" and len(done.notes) == 2
    assert "reviewers stranger were not set (HTTP 422): Reviews may only" in done.notes[0]
    assert done.notes[1] == (
        f"By hand: gh pr edit 1 --repo {TARGET} --add-label 'a b' --add-reviewer stranger"
    )
    assert shop.github.labels == {1: ["a b"]}, "one that fails does not stop the other"


def test_the_command_names_a_host_that_is_not_githubs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # without gh nothing can be set
    gh = Gh("github.acme.test", Budget.of(60), lambda _text: None)
    assert add_extras(gh, "acme/shop", 1, ("bug",), ())[-1] == (
        "By hand: gh pr edit 1 --repo github.acme.test/acme/shop --add-label bug"
    )


@pytest.mark.parametrize("status", [403, 404, 503])
def test_no_answer_to_a_wish_ends_the_publishing(shop: Shop, status: int) -> None:
    shop.github.faults = [Fault("/labels", status, "No", kind="foreign")]
    done = shop.publish("one", labels=("bug",))
    assert done.outcome == "created" and f"HTTP {status}" in done.notes[0]


def keep(shop: Shop, commit: str, branch: str = BRANCH) -> str:
    place = choose(Git(shop.top / ".git"), shop.top, known_hosts(None))
    assert isinstance(place, GitHubPlace)
    gh = Gh(place.host, Budget.of(60), lambda _text: None, DOING, NEEDS)
    return push_reproduction(gh, place, Git(shop.top / ".git"), branch, commit, KEPT)


def test_the_reproduction_is_pushed_and_moved_only_where_it_is_ours(shop: Shop) -> None:
    assert keep(shop, shop.commit("one", KEPT)) == ""
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("one", KEPT)
    assert keep(shop, shop.commit("two", KEPT)) == ""
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("two", KEPT)
    theirs = shop.commit("three", "Signed-off-by: somebody")
    git(shop.bare, "fetch", "-q", str(shop.top), f"+{theirs}:refs/heads/{BRANCH}")
    assert "was not made by this toolkit" in keep(shop, shop.commit("one", KEPT))
    assert git(shop.bare, "rev-parse", BRANCH) == theirs


def test_neither_the_default_branch_nor_commits_of_yours_are_pushed(shop: Shop) -> None:
    before = git(shop.bare, "rev-parse", "main")
    assert "never pushed to" in keep(shop, shop.commit("one", KEPT), "main")
    git(shop.top, "commit", "-q", "--allow-empty", "-m", "not pushed yet")
    assert "does not have" in keep(shop, shop.commit("two", KEPT))
    assert git(shop.bare, "for-each-ref", "--format=%(refname:short)").split() == ["main"]
    assert git(shop.bare, "rev-parse", "main") == before
