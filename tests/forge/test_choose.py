"""Whose repository origin is, and what answers when it asks who we are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.support.github_server import TOKEN, GitHub
from tests.support.repositories import git, repository

from improve.forge.choose import GitHubPlace as Place
from improve.forge.choose import choose, known_hosts, parse_address
from improve.forge.github_push import fresh
from improve.workbench.git import Git

RUN = "https://ghe.example.com/acme/shop/actions/runs/7"
SHOP = ("github.com", "acme", "shop")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://github.com/acme/shop", SHOP),
        ("https://github.com/acme/shop.git/", SHOP),
        ("https://x-access-token:ghs_secret@GitHub.com:443/acme/shop.git", SHOP),
        ("git@github.com:acme/shop.git", SHOP),
        ("org-12@github.com:/acme/shop", SHOP),
        ("ssh://git@ssh.github.com:443/acme/shop.git", SHOP),
        ("https://localhost:8443/acme/a.b", ("localhost:8443", "acme", "a.b")),
        ("http://github.com/acme/shop", None),
        ("https://github.com/acme/shop/tree/main", None),
        ("https://github.com/acme/..", None),
        ("https://github.com/acme/.git", None),
        ("https://evil.example/x@github.com/acme/shop", None),
        ("https://github.com/acme/shop\nx", None),
        ("ext::sh -c true acme/shop", None),
        ("--upload-pack=x:acme/shop", None),
        ("/srv/git/acme/shop", None),
        ("https://github.com/" + "a" * 3000 + "/x", None),
    ],
)
def test_addresses(address: str, found: tuple[str, str, str] | None) -> None:
    assert parse_address(address) == found


def test_hosts_that_are_a_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_HOST", raising=False)
    assert known_hosts(None) == {"github.com"}
    monkeypatch.setenv("GH_HOST", "git.Acme.example")
    assert known_hosts(RUN) == {"github.com", "ghe.example.com", "git.acme.example"}


@pytest.mark.parametrize(
    ("url", "push", "found"),
    [
        ("https://t:s@github.com/a/b", "", Place("github.com", "a", "b", "https://github.com/a/b.git", "a")),
        ("git@github.com:a/b.git", "git@github.com:me/c",
         Place("github.com", "a", "b", "https://github.com/me/c.git", "me")),
        ("https://github.com/a/b", "../shop-origin.git", Place("github.com", "a", "b", "FOLDER", "a")),
        ("https://github.com/a/b", "https://elsewhere.example/a/b", None),
        ("https://ghe.example.com/a/b", "",
         Place("ghe.example.com", "a", "b", "https://ghe.example.com/a/b.git", "a")),
        ("https://gitlab.example/a/b", "", None),
        ("../shop-origin.git", "", "FOLDER"),
    ],
)  # fmt: skip
def test_where_branches_go(tmp_path: Path, url: str, push: str, found: Place | str | None) -> None:
    shop = repository(tmp_path / "shop", {"a.py": ""}, origin=True)
    git(shop, "config", "remote.origin.url", url)
    if push:
        git(shop, "config", "remote.origin.pushurl", push)
    place = choose(Git(shop / ".git"), shop, known_hosts(RUN))
    told = repr(place).replace(str(shop / "../shop-origin.git"), "FOLDER")
    assert told == (repr(found) if found != "FOLDER" else "PosixPath('FOLDER')")


def asked(folder: Git, host: str) -> str:
    """What git is told when it asks for the sign-in at ``host``."""
    done = subprocess.run(
        ["git", f"--git-dir={folder.folder}", "credential", "fill"],
        input=f"protocol=https\nhost={host}\n\n", text=True, capture_output=True, check=False,
        env={**folder.extra, "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1",
             "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"},
    )  # fmt: skip
    return done.stdout


def test_gh_answers_for_our_host_and_no_other(github: GitHub, tmp_path: Path) -> None:
    del github  # its GH_TOKEN is in the environment
    shop = repository(tmp_path / "shop", {"a.py": ""})
    git(shop, "config", "url.https://evil.example/.insteadOf", "https://github.com/")
    git(shop, "config", "credential.helper", "!touch " + str(tmp_path / "ran"))
    made = fresh(tmp_path / "fresh.git", Git(shop / ".git"), "github.com")
    assert f"password={TOKEN}" in asked(made, "github.com")
    assert TOKEN not in asked(made, "evil.example")
    assert TOKEN not in (made.folder / "config").read_text()
    helpers = made.must("config", "--get-regexp", "^credential").decode().splitlines()
    assert [line.split()[0] for line in helpers] == ["credential.https://github.com.helper"]
    assert made.line("config", "--get-regexp", "^url") == "", "the user's rewriting is in force"
    assert made.commit_of(git(shop, "rev-parse", "main")), "the objects are not borrowed"
    assert not (tmp_path / "ran").exists()
