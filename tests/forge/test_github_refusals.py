"""What is never pushed to GitHub, and what stays on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.forge.drafts import BRANCH, TITLE, Shop
from tests.support.repositories import git, repository, write

from improve.context import Budget, Context
from improve.errors import ImproveError
from improve.forge.choose import choose, known_hosts
from improve.forge.deliver import deliver
from improve.forge.draft import Draft
from improve.workbench.git import Git


@pytest.mark.parametrize("default", [BRANCH, "main"])
def test_a_branch_that_fixes_are_made_for_is_never_pushed_to(shop: Shop, default: str) -> None:
    shop.github.default_branch = default
    branch = BRANCH if default == BRANCH else "main"
    before = git(shop.bare, "for-each-ref")
    with pytest.raises(ImproveError, match="never pushed to") as caught:
        shop.publish("one", branch=branch)
    assert "git push" not in caught.value.cure, "it says how to do by hand what must not be done"
    assert git(shop.bare, "for-each-ref") == before


def test_somebody_elses_branch_is_not_touched(shop: Shop) -> None:
    theirs = shop.commit("theirs", trailer="Signed-off-by: them")
    git(shop.top, "push", "-q", str(shop.bare), f"{theirs}:refs/heads/{BRANCH}")
    git(shop.top, "gc", "-q", "--prune=now")
    with pytest.raises(ImproveError, match="not made by this toolkit"):
        shop.publish("one")
    assert git(shop.bare, "rev-parse", BRANCH) == theirs and shop.github.pulls == []


def test_commits_that_the_user_did_not_push_do_not_go_out_with_the_fix(shop: Shop) -> None:
    write(shop.top, {"secret_plan.py": "soon = True\n"})
    git(shop.top, "add", "-A")
    git(shop.top, "commit", "-q", "-m", "feat: not for everybody yet")
    with pytest.raises(
        ImproveError, match=r"stands on [0-9a-f]{12} of main, which acme/shop does not"
    ) as caught:
        shop.publish("one")
    assert "Push what is below it" in caught.value.cure
    assert BRANCH not in git(shop.bare, "for-each-ref")
    git(shop.top, "push", "-q", str(shop.bare), "main")
    assert shop.publish("one").outcome == "created"


@pytest.mark.parametrize(
    "url", ["https://github.com/acme/shop", "https://gitlab.example/acme/shop", ""]
)
def test_without_gh_or_github_the_branch_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    top = repository(tmp_path / "shop", {"shop.py": ""})
    if url:
        git(top, "remote", "add", "origin", url)
    user = Git(top / ".git")
    context = Context(tmp_path, tmp_path, tmp_path, Budget.of(9), lambda _text: None)
    place = choose(user, top, known_hosts(None))
    draft = Draft(BRANCH, "main", "1" * 40, TITLE, "", "")
    bare_of_gh = tmp_path / "bin"
    bare_of_gh.mkdir()
    (bare_of_gh / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(bare_of_gh))
    done = deliver(context, user, user, place, draft)
    assert (done.outcome, done.pushed_to) == ("kept_local", "")
    expected = {
        "": "no remote called origin",
        "https://github.com/acme/shop": "gh, which pushes it",
    }
    assert expected.get(url, f"git push origin {BRANCH}") in done.reason
