"""Every kind of secret is taken out, ordinary log lines are left alone."""

from __future__ import annotations

import time

import pytest
from tests.support.secrets import SECRETS

from improve.evidence import distil
from improve.redaction import redact
from improve.redaction.rules import RULES

COLOURS = ("^[[31m{}^[[0m", "\x1b[1;38;5;196m{}\x1b[m", "[0m{}", "^[[m{}")
FRAMES = (
    *("{}", "token is {} .", 'env: {{"KEY": "{}"}}', "https://x.example/?t={}&u=1", "a={};b"),
    *COLOURS,
)


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("frame", FRAMES)
def test_a_secret_is_gone_wherever_it_stands(name: str, frame: str) -> None:
    secret = SECRETS[name]
    clean = redact(frame.format(secret))
    assert secret not in clean
    assert secret[10:] not in clean
    assert "[redacted: " in clean


IN_CONTEXT = {
    "Authorization: Bearer abcdef0123456789abcdef": "abcdef0123456789abcdef",
    "authorization: basic dXNlcjpwYXNzd29yZA==": "dXNlcjpwYXNzd29yZA==",
    "curl -H 'Authorization: token 0123456789abcdef'": "0123456789abcdef",
    "git clone https://bob:hunter2@git.example/x.git": "hunter2",
    "smb://domain;app:s3cr3t5@files.example/x": "s3cr3t5",
    " 2\tlogin bob\n 3\tpassword hunter23": "hunter23",
    "POOL_TOKEN=4f68e84648ee.2e53fa0b31c7aa90d1": "4f68e84648ee",
    "postgres://app:s3cr3t@db.example:5432/app": "s3cr3t",
    "//registry.example/:_authToken=0123-4567-89ab": "0123-4567-89ab",
    "aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY": "wJalrXUtnFEMI",
    "AccountKey=" + "Eby8" * 20 + "==": "Eby8Eby8",
    "DB_PASSWORD=correct9horse8battery7": "correct9horse8battery7",
    'API_KEY: "0123456789abcdef0123"': "0123456789abcdef0123",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX": "B00000000/XXXX",
}


@pytest.mark.parametrize("name", ["github classic", "github app", "gitlab", "slack bot", "npm"])
def test_an_unmistakable_shape_is_gone_even_inside_a_word(name: str) -> None:
    assert redact(f"TOKEN{SECRETS[name]}") == redact(f"TOKEN {SECRETS[name]}").replace(" [", "[")


# These have so many signs and no more: what goes on is taken for something else.
ALONE = {
    "aws id", "databricks", "mailchimp", "mailgun", "replicate", "shopify", "telegram", "twilio",
}  # fmt: skip


@pytest.mark.parametrize("first", sorted(SECRETS.keys() - ALONE))
def test_of_two_that_touch_both_are_gone(first: str) -> None:
    left = {
        second: clean
        for second, secret in SECRETS.items()
        if secret[-12:] in (clean := redact(f"key: {SECRETS[first]}{secret} ."))
    }
    # Hexadecimal signs before a key that begins with such: where it begins cannot be told.
    assert left.keys() <= {"mailchimp", "telegram"}, left


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("line", sorted(IN_CONTEXT))
def test_a_colour_before_a_name_hides_no_secret(line: str, colour: str) -> None:
    assert IN_CONTEXT[line] not in redact(colour.format(line))


@pytest.mark.parametrize("line", sorted(IN_CONTEXT))
def test_what_a_name_gives_away_is_gone_and_the_name_stays(line: str) -> None:
    clean = redact(line)
    assert IN_CONTEXT[line] not in clean
    assert clean[:8] == line[:8] or "hooks.slack" in line


def test_a_private_key_is_gone_with_all_its_lines() -> None:
    body = "\n".join("MIIEpAIBAAKCAQEA" + str(n) * 40 for n in range(5))
    for end in ("\n-----END RSA PRIVATE " + "KEY-----\nafter", "\ncut off here"):
        text = "before\n-----BEGIN RSA PRIVATE " + "KEY-----\n" + body + end
        assert "MIIE" not in redact(text)
        assert redact(text).startswith("before\n[redacted: private key]")


HONEST = (
    "FAILED tests/test_auth.py::test_token[expired] - AssertionError: token = None",
    "E       assert password == 'secret'",
    "password: ***",
    "    token = self.session.get_token_for_user(user)",
    "Requirement already satisfied: tokenizers==0.15.2 in /usr/lib/python3 (0.15.2)",
    "commit 8f14e45fceea167a5a36dedd4bea2543f14e45fc",
    "https://github.com/owner/name/actions/runs/123456789",
    "ssh://git@github.com/owner/name.git",
    "Bearer authentication is not supported",
    "FAILED tests/test_cart.py::test_basket_weighs_less_than_the_sum_of_its_parts",
    "the_task_test_of_thirty_two_characters and task-0123456789-of-the-queue-with-a-long-name",
    "sk-learn 1.2.3 and task-manager-with-a-very-long-name-that-goes-on-and-on",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "https://user:***@git.example/x.git",
    "Downloading hypothesis-6.100.0-py3-none-any.whl (450 kB)",
    # Lines of public CI logs that were taken for secrets once.
    "  Downloading ghp_import2-1.0.1-py2.py3-none-any.whl",
    "Cache restored from key: Linux-build-cache-pypi-modules-7a1f52398e6bef20fc0fcccfbd46f6b99d3b11697c",
    "URI = [sftp://test;fingerprint=02:f4:ac:db:40:b5:e5:61:e8:29:d3:f5:2b:e9:4c:73@localhost:22999/tmp]",
    "--extern origin_trial_token=/builds/worker/obj-build/release/deps/liborigin_trial_token-4f68e84648ee.rmeta",
    "SEEK-TEST: Finished r11025_s16_c1.wav seek test 10 token: r11025_s16_c1.wav-0-seek10.js",
    "tests/test_utils.py::test_get_auth_from_url[http://user:pass@complex.url.com/path?query=yes] PASSED",
)


@pytest.mark.parametrize("line", HONEST)
def test_an_ordinary_line_stays(line: str) -> None:
    assert redact(line) == line


def test_what_a_log_tells_is_redacted_everywhere() -> None:
    token = SECRETS["github classic"]
    log = f"""\
##[group]Run TOKEN={token} pytest -x
=================================== FAILURES ===================================
___________________________________ test_it ____________________________________
tests/test_a.py:3: in test_it
    call("{token}")
E   ValueError: refused {token}
=========================== short test summary info ============================
FAILED tests/test_a.py::test_it[{token}] - ValueError: refused {token}
============================== 1 failed in 0.01s ===============================
"""
    told = distil(log.encode().split(b"\n"))
    assert told.failures[0].message == "refused [redacted: github token]"
    assert told.environment.command is not None
    assert token not in told.model_dump_json()


def test_a_megabyte_takes_less_than_a_second() -> None:
    line = "2026-01-02 INFO handled request 12 for /api/v1/things by worker-3 in 0.123 s\n"
    text = line * 13_000
    started = time.perf_counter()
    assert redact(text) == text
    assert time.perf_counter() - started < 1


def test_rules_are_named_for_people() -> None:
    assert all(rule.kind == rule.kind.lower() and rule.literals for rule in RULES)
