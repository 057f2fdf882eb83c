"""What is sent to GitHub holds no secret, in whichever field; the server is what tells."""

from __future__ import annotations

import dataclasses
import json

import pytest
from tests.forge import drafts
from tests.forge.drafts import Shop
from tests.support.secrets import SECRETS

from improve.forge import gh, github_publish

TOKEN = SECRETS["npm"]


def sent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    """Publish with a token in title, text and label; all that GitHub has of it afterwards."""
    monkeypatch.setattr(drafts, "TITLE", f"fix: {TOKEN}")
    shop.publish("one", f"It broke with {TOKEN}.", labels=(f"x {TOKEN}",))
    return json.dumps([shop.github.pulls, shop.github.labels], default=dataclasses.asdict)


def test_a_pull_request_is_sent_without_a_secret(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sent(shop, monkeypatch)
    assert TOKEN[10:] not in found
    assert found.count("[redacted: npm token]") >= 3, f"title, text and label: {found}"


def test_the_control_without_the_look_each_field_tells_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gh, "redact_values", lambda body: body)
    monkeypatch.setattr(github_publish, "redact", lambda text: text)
    assert sent(shop, monkeypatch).count(TOKEN) >= 3
