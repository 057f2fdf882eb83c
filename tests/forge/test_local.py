"""The local forge: one branch, pushed once, and never over somebody else's work."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import ImproveError
from improve.forge import local
from improve.forge.developers import developers
from improve.workbench.git import Git

TRAILER = "Fixed-by: us"
BRANCH = "fix/shop"
FILES = {"shop.py": "a = 1\nb = 2\nc = 3\n", "lib/other.py": "x = 1\n"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", FILES, origin=True)


def commit(place: Path, text: str, trailer: str = TRAILER) -> str:
    """A commit on top of main, on no branch."""
    git(place, "checkout", "-q", "--detach", "main")
    write(place, {"shop.py": text})
    git(place, "commit", "-q", "-a", "-m", f"fix: {text}\n\n{trailer}")
    made = git(place, "rev-parse", "HEAD")
    git(place, "checkout", "-q", "main")
    return made


def pushed(place: Path, origin: Path, made: str) -> str:
    return local.push(Git(place / ".git"), origin, BRANCH, made, TRAILER)


def test_created_unchanged_updated(shop: Path) -> None:
    origin = shop.parent / "shop-origin.git"
    first, second = commit(shop, "one"), commit(shop, "two")
    assert [pushed(shop, origin, c) for c in (first, first, second)] == [
        "created",
        "unchanged",
        "updated",
    ]
    assert git(origin, "rev-parse", BRANCH) == second
    assert git(origin, "for-each-ref", "--format=%(refname:short)").split() == [BRANCH, "main"]


def test_somebody_elses_branch_is_not_touched(shop: Path) -> None:
    origin = shop.parent / "shop-origin.git"
    theirs = commit(shop, "theirs", "Signed-off-by: them")
    git(shop, "push", "-q", "origin", f"{theirs}:refs/heads/{BRANCH}")
    with pytest.raises(ImproveError, match="not made by this toolkit") as caught:
        pushed(shop, origin, commit(shop, "ours"))
    assert 'another "name"' in caught.value.cure
    assert git(origin, "rev-parse", BRANCH) == theirs


def test_an_origin_that_refuses_is_quoted_and_the_branch_not_claimed(shop: Path) -> None:
    origin = shop.parent / "shop-origin.git"
    hook = origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no pushes on Fridays' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ImproveError, match="no pushes on Fridays") as caught:
        pushed(shop, origin, commit(shop, "one"))
    assert "git push origin fix/shop" in caught.value.cure


def test_a_branch_that_is_checked_out_at_the_origin_is_left_alone(tmp_path: Path) -> None:
    origin = repository(tmp_path / "upstream", FILES)
    git(tmp_path, "clone", "-q", str(origin), "shop")
    shop = tmp_path / "shop"
    pushed(shop, origin, first := commit(shop, "one"))
    git(origin, "checkout", "-q", BRANCH)
    with pytest.raises(ImproveError, match="could not be pushed"):
        pushed(shop, origin, commit(shop, "two"))
    assert git(origin, "rev-parse", "HEAD") == first and git(origin, "status", "--porcelain") == ""


def test_an_origin_that_is_gone(shop: Path) -> None:
    with pytest.raises(ImproveError, match="cannot be read"):
        pushed(shop, shop.parent, commit(shop, "one"))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("{origin}", True), ("file://{origin}", True), ("../shop-origin.git", True), ("", False),
        ("https://example.invalid/o/r.git", False), ("git@example.invalid:o/r.git", False),
        ("/nonexistent/shop.git", False),
    ],
)  # fmt: skip
def test_which_origins_are_folders_here(shop: Path, url: str, found: bool) -> None:
    origin = shop.parent / "shop-origin.git"
    git(shop, "config", "remote.origin.url", url.format(origin=origin))
    place = local.origin_path(Git(shop / ".git"), shop)
    assert (place is not None and place.resolve() == origin) if found else place is None


def test_the_pull_request_file_is_written_once(tmp_path: Path) -> None:
    said = [local.write_pull_request(tmp_path, text) for text in ("a", "a", "b")]
    assert said == ["created", "unchanged", "updated"]


PATCH = b"""diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -1,3 +1,3 @@
 a = 1
-b = 2
+b = 3
 c = 3
diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+x = 1
"""


def test_owners_first_then_those_who_wrote_the_lines(shop: Path) -> None:
    write(shop, {"CODEOWNERS": "*.py @shop-team\nlib/ @others\n"})
    git(shop, "add", "CODEOWNERS")
    git(shop, "commit", "-q", "-m", "owners")
    write(shop, {"shop.py": "a = 1\nb = 2\nc = 3 # new\n"})
    git(shop, "-c", "user.name=Second Author", "commit", "-q", "-a", "-m", "third line")
    people = developers(Git(shop / ".git"), git(shop, "rev-parse", "HEAD"), PATCH)
    assert [one.name for one in people] == ["@shop-team", "Test Author", "Second Author"]
    assert people[0].why == "owns shop.py (CODEOWNERS)"
    assert people[1].why == "last changed 2 of the lines around the fix"


def test_without_owners_or_a_known_commit_nobody_is_invented(shop: Path) -> None:
    assert [one.name for one in developers(Git(shop / ".git"), "main", PATCH)] == ["Test Author"]
    assert developers(Git(shop / ".git"), "0" * 40, PATCH) == ()
    assert developers(Git(shop / ".git"), "main", b"") == ()
