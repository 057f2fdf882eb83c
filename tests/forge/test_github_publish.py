"""Publishing to GitHub: the real gh, real pushes to a bare repository, pull requests kept here."""

from __future__ import annotations

import pytest
from tests.forge.drafts import BRANCH, TITLE, Shop
from tests.support import github_pulls
from tests.support.github_server import TOKEN, Fault
from tests.support.repositories import git

from improve.errors import ImproveError, NotSignedIn

AT_ONCE = {"retry-after": "0"}
GONE = Fault("/pulls", 503, "Unicorn", AT_ONCE, method="POST")


def test_created_unchanged_updated(shop: Shop) -> None:
    first = shop.publish("one")
    assert (first.outcome, first.number) == ("created", 1)
    assert first.url == "https://github.com/acme/shop/pull/1"
    made = shop.github.pulls[0]
    assert (made["draft"], made["maintainer_can_modify"], made["title"]) == (True, True, TITLE)
    assert (made["head"]["label"], made["base"]["ref"]) == (f"acme:{BRANCH}", "main")
    assert made["body"] == "## What failed\n\nIt broke.\n", "the front matter is not for people"
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("one")
    asked = len(shop.github.seen)
    assert shop.publish("one").outcome == "unchanged"
    methods = [one.method for one in shop.github.seen[asked:]]
    assert methods == ["GET"] * 3, "something was written although nothing had changed"
    assert shop.publish("two").outcome == "updated", "another commit"
    assert shop.publish("two", said="It broke twice.").outcome == "updated", "another text"
    assert "twice" in made["body"]
    assert len(shop.github.pulls) == 1
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("two")
    assert git(shop.bare, "for-each-ref", "--format=%(refname:short)").split() == [BRANCH, "main"]


def test_from_a_fork_of_an_organisation_maintainers_may_not_push(shop: Shop) -> None:
    refused = {"resource": "PullRequest", "field": "fork_collab", "code": "custom"}
    invalid = Fault("/pulls", 422, "Validation Failed", times=1, method="POST", errors=(refused,))
    shop.github.faults = [invalid]
    assert shop.publish("one").number == 1
    assert shop.github.pulls[0]["maintainer_can_modify"] is False


def test_a_closed_pull_request_is_not_taken_for_ours(shop: Shop) -> None:
    shop.publish("one")
    shop.github.pulls[0]["state"] = "closed"
    assert shop.publish("two").number == 2


def test_a_renamed_repository_is_met_under_its_new_name(shop: Shop) -> None:
    git(shop.top, "config", "remote.origin.url", "git@github.com:former/name.git")
    shop.github.old_name = "former/name"
    done = shop.publish("one")
    assert done.url == "https://github.com/acme/shop/pull/1"
    assert shop.github.pulls[0]["head"]["label"] == f"acme:{BRANCH}"


def test_where_there_are_no_drafts_none_is_opened(shop: Shop) -> None:
    shop.github.drafts = False
    done = shop.publish("one")
    assert (done.outcome, done.url, shop.github.pulls) == ("pushed", "", [])
    assert "has no draft pull requests" in done.reason
    assert done.by_hand == (
        f"gh pr create --repo acme/shop --base main --head acme:{BRANCH} --title '{TITLE}' "
        f"--body-file {shop.run / 'pull-request-body.md'}"
    )
    assert (shop.run / "pull-request-body.md").read_text() == "## What failed\n\nIt broke.\n"
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("one")


@pytest.mark.parametrize("kind", ["lost", "race"])
def test_what_may_have_happened_is_looked_for_before_it_is_done_again(
    shop: Shop, kind: str
) -> None:
    if kind == "lost":
        shop.github.faults = [Fault("/pulls", 502, "Bad Gateway", kind="lost", method="POST")]
    else:
        asked = {"title": "theirs", "body": "theirs", "base": "main", "draft": True}
        github_pulls.add(shop.github, f"acme:{BRANCH}", asked)
        shop.github.shy_lists = 1
    assert shop.publish("one").number == 1
    assert len([one for one in shop.github.seen if one.method == "POST"]) == 1
    assert [one["title"] for one in shop.github.pulls] == [TITLE]


def test_lists_that_come_late_are_waited_for(shop: Shop) -> None:
    shop.github.shy_lists = 2
    assert shop.publish("one").number == 1
    assert len(shop.github.pulls) == 1


def test_an_outage_is_tried_five_times_and_leaves_everything_here(shop: Shop) -> None:
    shop.github.faults = [GONE]
    with pytest.raises(ImproveError, match="HTTP 503") as caught:
        shop.publish("one")
    assert len([one for one in shop.github.seen if one.method == "POST"]) == 5
    assert "by hand, in the target: gh pr create --draft --repo acme/shop" in caught.value.cure
    shop.github.faults = []
    assert shop.publish("one").outcome == "created"


FORBIDDEN = "GitHub Actions is not permitted to create or approve pull requests."
NO_COMMITS = {"resource": "PullRequest", "code": "custom", "message": "No commits between"}
NO_BASE = ({"resource": "PullRequest", "field": "base", "code": "invalid"},)


@pytest.mark.parametrize(
    ("fault", "kind", "what", "cure", "pushed"),
    [
        (Fault("/pulls", 418, "teapot", kind="foreign", method="GET"), ImproveError, "HTTP 418", "rules", False),
        (Fault("/pulls", 403, FORBIDDEN, method="POST"), NotSignedIn, "no workflow open", "Workflow permissions", True),
        (Fault("/pulls", 422, "Validation Failed", method="POST", errors=NO_BASE), ImproveError,
         "has no branch main", "Push that branch first", True),
        (Fault("/pulls", 422, "Validation Failed", method="POST", errors=(NO_COMMITS,)),
         ImproveError, "No commits between", "rules for branches", True),
        (Fault("/pulls", 429, "slow down", {"retry-after": "900"}, method="POST"), ImproveError, "limits our",
         "In 15 minutes", True),
    ],
)  # fmt: skip
def test_each_obstacle_says_what_is_left_to_do(
    shop: Shop, fault: Fault, kind: type[ImproveError], what: str, cure: str, pushed: bool
) -> None:
    shop.github.faults = [fault]
    with pytest.raises(ImproveError) as caught:
        shop.publish("one")
    assert type(caught.value) is kind, caught.value
    assert (what in caught.value.what, cure in caught.value.cure) == (True, True), caught.value
    there = git(shop.bare, "for-each-ref", "--format=%(refname:short)").split()
    assert (BRANCH in there) == pushed
    push_too = f"git push origin {BRANCH} && gh pr create"
    assert (push_too in caught.value.cure) == (not pushed), caught.value.cure
    assert len([one for one in shop.github.seen if one.method == "POST"]) <= 5
    assert (shop.run / "pull-request-body.md").is_file()
    assert shop.github.pulls == [] and TOKEN not in str(caught.value)


def test_who_is_not_signed_in_is_told_how(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(NotSignedIn) as caught:
        shop.publish("one")
    assert caught.value.exit_code == 4 and "`gh auth login`" in caught.value.cure


def test_a_broken_update_is_tried_again(shop: Shop) -> None:
    shop.publish("one")
    shop.github.faults = [Fault("/pulls/1", 502, "Bad", AT_ONCE, times=2, method="PATCH")]
    assert shop.publish("one", said="Other words.").outcome == "updated"
    assert "Other words." in shop.github.pulls[0]["body"]


def test_a_long_text_fits(shop: Shop) -> None:
    log = "```text\n" + "a line of 30 signs, of the log\n" * 4000 + "```\n"
    shop.publish("one", said=log)
    body = shop.github.pulls[0]["body"]
    assert 59_000 < len(body) <= 60_000
    assert "of the log\n```\n\nThe rest is left out" in body
    assert shop.publish("one", said=log).outcome == "unchanged"
