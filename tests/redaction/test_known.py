"""Secrets whose value is known are found whole, cut and encoded, and nothing else is."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest
from tests.support.secrets import SECRETS

from improve.evidence import leaked, secrets_of
from improve.redaction import redact, remember

HERS = "q7Zt55x0Lm8wP93vbN2sK8eR4"
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


@pytest.mark.parametrize("kind", SECRETS)
def test_of_another_one_that_begins_alike_no_rest_stays(kind: str) -> None:
    """Tokens of one account share their beginning; what followed it had no shape of its own."""
    secret = SECRETS[kind]
    around = "before é {} behind é\n"
    alone = redact(around.format(secret))
    remember({"DEPLOY_TOKEN": f"{secret[:20]}/q7Zt55x0Lm8wP93v"})
    told = redact(around.format(secret))
    assert told == around.format("[redacted: DEPLOY_TOKEN]"), (told, alone)


@pytest.mark.parametrize("before", ["", "é", "日本", "\U0001f511", "\udcff"])
def test_its_place_is_right_between_letters_of_any_size(before: str) -> None:
    remember({"DEPLOY_TOKEN": "pässwörd-日本語-q7Zt55x0"})
    told = redact(f"{before}pässwörd-日本語-q7Zt55x0{before}, {SECRETS['npm']}{before}")
    assert told == f"{before}[redacted: DEPLOY_TOKEN]{before}, [redacted: npm token]{before}"


def test_names_that_are_no_text_are_written_as_one_and_each_is_known() -> None:
    values = (HERS, "P93vbN2sK8eR4q7Zt55x0Lm8w")
    remember({f"A{byte}_TOKEN": one for byte, one in zip("\udcff\udcfe", values, strict=True)})
    told = redact(f"it is {HERS} or P93vbN2sK8eR4q7Zt55x0Lm8w").encode()
    assert told == b"it is [redacted: A?_TOKEN] or [redacted: A?_TOKEN]"


@pytest.mark.parametrize("kind", ["aws id", "openai", "hugging face", "jwt", "google", "twilio"])
def test_one_that_touches_a_known_one_is_seen(kind: str) -> None:
    remember({"DEPLOY_TOKEN": HERS})
    for text in (f"{HERS}{SECRETS[kind]} there", f"so {SECRETS[kind]}{HERS} there"):
        assert not leaked(redact(text).encode(), {"it": SECRETS[kind].encode()}), redact(text)


@pytest.mark.parametrize("cut", [13, 14, 15, 20])
@pytest.mark.parametrize("way", ["\n".join, " ".join, lambda two: two[0] + " ".join(two[1])])
def test_of_one_that_is_cut_in_two_no_half_stays(cut: int, way: Callable[[list[str]], str]) -> None:
    remember({"DEPLOY_TOKEN": HERS})
    told = redact(f"so {way([HERS[:cut], HERS[cut:]])} there")
    assert "".join(told.replace("[redacted: DEPLOY_TOKEN]", "").split()) == "sothere", told


@pytest.mark.parametrize(
    "text", ["{0}\n{0}\nmore", '{0}, {0}, "{0}"', '["{0}", "{0}"]', "{0}:\n{0}:\n"]
)
def test_what_stands_between_two_of_them_stays(text: str) -> None:
    remember({"DEPLOY_TOKEN": HERS})
    told = redact(text.format(HERS))
    assert told == text.format("[redacted: DEPLOY_TOKEN]") == redact(told)


def test_a_short_one_of_long_letters_is_found_alone() -> None:
    remember({"DEPLOY_PASSWORD": "日本語1234"})
    assert redact("日本語1234") == "[redacted: DEPLOY_PASSWORD]"
