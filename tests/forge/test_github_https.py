"""The push itself: git over https, at a server that wants a sign-in, which gh gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.forge.drafts import BRANCH, TARGET, Shop
from tests.support.github_https import serve_https
from tests.support.github_server import TOKEN, GitHub
from tests.support.repositories import git

from improve.errors import NotSignedIn


@pytest.fixture
def shop(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose origin is an Enterprise server, for fetches and pushes alike."""
    made = Shop(github, tmp_path)
    git(made.bare, "config", "http.receivepack", "true")
    (
        tmp_path / "gh" / "config.yml"
    ).unlink()  # no socket: gh goes through the network, to localhost
    monkeypatch.delenv("GH_TOKEN")
    with serve_https(github, tmp_path) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        git(made.top, "config", "--unset", "remote.origin.pushurl")
        address = f"https://{environment['GH_HOST']}/{TARGET}.git"
        git(made.top, "config", "remote.origin.url", address)
        yield made


def test_gh_signs_the_push_in(shop: Shop) -> None:
    done = shop.publish("one")
    assert (done.outcome, done.number) == ("created", 1)
    assert done.url.startswith("https://localhost:") and done.url.endswith("/acme/shop/pull/1")
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("one")
    assert shop.publish("one").outcome == "unchanged"
    assert shop.publish("two").outcome == "updated"
    assert git(shop.bare, "rev-parse", BRANCH) == shop.commit("two")


def test_from_a_fork(shop: Shop) -> None:
    url = git(shop.top, "config", "remote.origin.url").replace("acme/", "me/")
    git(shop.top, "config", "remote.origin.pushurl", url)
    done = shop.publish("one")
    assert (done.pushed_to, done.url.endswith("/acme/shop/pull/1")) == (url, True)
    assert shop.github.pulls[0]["head"]["label"] == f"me:{BRANCH}"
    assert shop.publish("one").outcome == "unchanged"


def test_a_push_with_a_wrong_token_is_a_matter_of_signing_in(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.github_https.EXPECTED", "Basic somebody else")
    with pytest.raises(NotSignedIn, match="Authentication failed") as caught:
        shop.publish("one")
    assert "Contents: write" in caught.value.cure and TOKEN not in str(caught.value)
    assert caught.value.exit_code == 4 and shop.github.pulls == []
