"""Secrets whose value is known are found whole, cut and encoded, and nothing else is."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest

from improve.evidence import leaked, secrets_of

SIGNS = string.ascii_letters + string.digits + "-_/+%="
CODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without its first seven": lambda s: s[7:],
    "backwards": lambda s: s[::-1],
    "in hex": lambda s: s.encode().hex(),
    "in HEX": lambda s: s.encode().hex().upper(),
    "for an address": lambda s: quote(s, safe=""),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, one further": lambda s: base64.b64encode(b"x" + s.encode()).decode(),
    "base64, two further": lambda s: base64.b64encode(b"xy" + s.encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_fifty_random_secrets_are_found_in_every_coding(coding: str) -> None:
    draw = random.Random(coding)
    for _ in range(50):
        secret = "".join(draw.choice(SIGNS) for _ in range(draw.randint(24, 60)))
        text = f"+    value = '{CODINGS[coding](secret)}'  # and so on\n" * 2
        assert leaked(text.encode(), {"API_KEY": secret.encode()}) == ["API_KEY"], (coding, secret)


def test_other_text_is_none() -> None:
    secrets = {"API_KEY": b"sk-0123456789abcdefghijklmnop"}
    assert leaked(b"def total(prices):\n    return sum(prices)\n" * 500, secrets) == []
    assert leaked(b"sk-0123456", secrets) == [], "eleven bytes and fewer are no piece"
    assert leaked(b"anything", {}) == []


def test_secrets_are_known_by_the_names_of_their_variables() -> None:
    value = "0a1B2c3D4e5F6g7H"
    named = {
        "GH_TOKEN": value, "ANTHROPIC_API_KEY": value, "DB_PASSWORD": value, "MY_SECRET": value,
    }  # fmt: skip
    other = {
        "PATH": "/usr/bin", "PYTHON_KEYRING_BACKEND": value, "SSH_KEY": "/home/me/.ssh/key",
        "TOKEN_URL": "https://example.invalid/token", "SECRET": "short",
        "MONKEY": value, "API_KEY_NAME": "correcthorse",
    }  # fmt: skip
    assert set(secrets_of({**named, **other})) == set(named)
