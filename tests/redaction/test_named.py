"""Secrets as variables really hold them are known, whatever their form; settings beside them are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.secrets import A36, B36, HEX

from improve.redaction import leaked, redact, remember, secrets_of

BODY = [f"{A36}{B36[:27]}{sign}" for sign in "AbC"] + [f"{B36[:20]}Lq=="]
PEM = "\n".join(
    ["-----BEGIN OPENSSH PRIVATE " + "KEY-----", *BODY, "-----END OPENSSH PRIVATE " + "KEY-----"]
)
SERVICE = {
    "type": "service_account", "project_id": "shop-production-2026", "private_key_id": HEX,
    "private_key": PEM, "client_email": "deploy@shop-production-2026.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}  # fmt: skip
SLASHED = "/bPxRfiCYEXwJalrXUtnFEMI/K7MDENGzQ5rT8vW"
PHRASE = "correct horse battery staple"
# Variable -> its value, and what of it may stand nowhere.
HELD: dict[str, tuple[str, list[str]]] = {
    "DEPLOY_SSH_KEY": (PEM, BODY),
    "CLIENT_PEM": (f"-----BEGIN CERTIFICATE-----\n{HEX}\n-----END CERTIFICATE-----\n{PEM}", BODY),
    "SIGNING_KEY": (PEM.replace("\n", "\\n"), BODY),
    "GOOGLE_CREDENTIALS": (json.dumps(SERVICE, indent=2), [HEX, *BODY]),
    "GCP_SA_KEY": (json.dumps(SERVICE, separators=(",", ":")), [HEX, *BODY]),
    "DOCKER_AUTH_CONFIG": (json.dumps({"auths": {"hub": {"auth": A36}}}), [A36]),
    "APP_CONFIG": (
        json.dumps({"db": [{"password": B36, "url": f"amqp://app:{A36}@mq"}], "key": "pip-linux-2026"}),
        [A36, B36],
    ),
    "AWS_SECRET_ACCESS_KEY": (SLASHED, [SLASHED]),
    "DB_PASSWORD": ("hunterhuntertwelve", ["hunterhuntertwelve"]),
    "SIGNING_PASSPHRASE": (PHRASE, [PHRASE, PHRASE[8:]]),
    "PYPI_TOKEN": ("abCdEfGhIjKlMnOpQrStUv", ["abCdEfGhIjKlMnOpQrStUv"]),
    "DEPLOY_KEYS": (f"web {A36}\ndb={B36}\n", [A36, B36]),
    "APP_SECRETS": (f"API={A36}\nTOKEN='{B36}'", [A36, B36]),
    "SESSION_COOKIE": (f"sid={A36}; path=/; csrf={B36}", [A36, B36]),
    "SENTRY_DSN": (f"https://{HEX}@o0.ingest.example/4", [HEX]),
    "REDIS_PW": (A36[:14], [A36[:14]]),
    "HTTP_AUTHORIZATION": (f"Bearer {B36}", [B36]),
    "ORIGIN": (f"https://{A36}:x-oauth-basic@git.example/a.git", [A36]),
    "DATABASE_URL": ("postgres://app:p%40ss9word9Zx8c@db/app", ["p%40ss9word9Zx8c", "p@ss9word9Zx8c"]),
    "CURL_OPTIONS": ("-sS -H 'PRIVATE-TOKEN: glpat" + f"-{A36[:20]}'", [A36[:20]]),
}  # fmt: skip


@pytest.fixture
def forget() -> Iterator[None]:
    yield
    remember({})


@pytest.mark.parametrize("name", HELD)
def test_a_value_in_its_usual_form_is_known(name: str, forget: None) -> None:
    value, parts = HELD[name]
    remember({name: value})
    for part in parts:
        assert part not in redact(f"E   assert '{part}' == 1"), f"{part} of {name} is shown"
        assert leaked(f"+x = '{part}'".encode(), secrets_of({name: value})) == [name], part
    assert not any(line in redact(value) for part in parts for line in part.split("\n"))


# What CI and people set beside secrets, under names that sound like them.
SETTINGS = {
    "SSH_AUTH_SOCK": "/tmp/ssh-XXXXXX/agent.1", "PWD": "/home/runner/work/shop/shop",
    "OLDPWD": "/Users/runner12/My Work-2026/build1234567/shop", "DB_PW": "/srv/my own secrets/pw.txt",
    "GOOGLE_APPLICATION_CREDENTIALS": "/home/runner/work/_temp/gha-creds-0a1b2c3d4e5f6071.json",
    "SSL_KEY": "./certs/server-2026.key", "DEPLOY_KEY": "~/.ssh/id_ed25519_production",
    "CACHE_KEY": "pythondependencies", "AUTH_METHOD": "applicationDefaultCredentials",
    "TOKEN_URL": "https://auth.example/oauth2/token", "AUTH": "basic", "API_TOKEN": "",
    "DEPLOY_PUBLIC_KEY": f"ssh-ed25519 {A36} me@example.org",
    "TLS_CERT_KEY": f"-----BEGIN CERTIFICATE-----\n{A36}\n-----END CERTIFICATE-----",
    "GITHUB_REPOSITORY": "example/some-repository-2026", "DATABASE_URL": "postgres://db/shop_test_2026",
    "ORIGIN": "ssh://git@git.example/a.git", "PROXY": "http://proxyuser12:pw@proxy.example:3128",
    "MATRIX": json.dumps({"python": "3.11", "key": "ubuntu-latest-python-3.11"}),
    "PYTEST_ADDOPTS": "-p no:cacheprovider --basetemp=/tmp/pytest-2026", "LS_COLORS": "rs=0:di=01;34",
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_no_secret(name: str) -> None:
    assert secrets_of({name: SETTINGS[name]}) == {}


def test_what_stands_beside_a_secret_stays(forget: None) -> None:
    remember({name: value for name, (value, _) in HELD.items()})
    line = (
        "deploy@shop-production-2026.iam.gserviceaccount.com at https://oauth2.googleapis.com/token, "
        "service_account -----END CERTIFICATE----- x-oauth-basic o0.ingest.example pip-linux-2026"
    )
    assert redact(line) == line
    logs = Path(__file__).parents[1] / "resources" / "logs"
    for log in sorted(logs.glob("*.log"))[:12]:
        text = log.read_text("utf-8", "replace")
        with_known = redact(text)
        assert not [name for name in HELD if f"[redacted: {name}]" in with_known], log.name
