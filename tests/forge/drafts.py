"""A target whose origin is the small GitHub, and drafts for it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from tests.support.github_server import GitHub
from tests.support.repositories import git, repository, write

from improve.context import Budget
from improve.forge.choose import GitHubPlace, choose, known_hosts
from improve.forge.draft import Draft, Published
from improve.forge.gh import Gh
from improve.forge.github_publish import DOING, NEEDS, publish
from improve.workbench.git import Git

TARGET = "acme/shop"
BRANCH = "fix/shop"
TITLE = "fix(shop): ValueError in test_total"
TRAILER = "Fixed-by: us"


def text(said: str) -> str:
    """A pull-request file."""
    return f'---\ntitle: "{TITLE}"\ndraft: true\n---\n## What failed\n\n{said}\n'


class Shop:
    """A clone of acme/shop that pushes to the bare repository behind the small GitHub."""

    def __init__(self, github: GitHub, folder: Path) -> None:
        self.github = github
        self.top = repository(folder / "shop", {"shop.py": "a = 1\n"}, origin=True)
        self.bare = folder / "shop-origin.git"
        self.run = folder / "run"
        self.run.mkdir()
        github.bare = self.bare
        git(self.top, "config", "remote.origin.url", f"https://x:secret@github.com/{TARGET}.git")
        git(self.top, "config", "remote.origin.pushurl", str(self.bare))

    @cached_property
    def commits(self) -> dict[str, str]:
        return {}

    def commit(self, content: str, trailer: str = TRAILER) -> str:
        """A commit on top of main, on no branch; the same for the same content."""
        if content not in self.commits:
            git(self.top, "checkout", "-q", "--detach", "main")
            write(self.top, {"shop.py": content})
            git(self.top, "commit", "-q", "-a", "-m", f"fix: {content}\n\n{trailer}")
            self.commits[content] = git(self.top, "rev-parse", "HEAD")
            git(self.top, "checkout", "-q", "main")
        return self.commits[content]

    def publish(
        self,
        content: str,
        said: str = "It broke.",
        branch: str = BRANCH,
        labels: tuple[str, ...] = (),
        reviewers: tuple[str, ...] = (),
    ) -> Published:
        """Publish the commit with this content as a draft pull request that says ``said``."""
        place = choose(Git(self.top / ".git"), self.top, known_hosts(None))
        assert isinstance(place, GitHubPlace)
        gh = Gh(place.host, Budget.of(60), lambda _text: None, DOING, NEEDS)
        commit = self.commit(content)
        draft = Draft(branch, "main", commit, TITLE, text(said), TRAILER, labels, reviewers)
        return publish(gh, place, Git(self.top / ".git"), self.run, draft)
