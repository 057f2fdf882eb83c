"""Secrets of thirty-odd kinds, none of them real, and the ways in which one is disguised."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable
from urllib.parse import quote

# Built from parts, so that no scanner takes this file itself for a leak.
A36 = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
B36 = "Zx8cV5bN2mQ1wE4rT7yU0iO3pA6sD9fG2hJ5"
HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
SECRETS = {
    "github classic": "ghp" + "_" + A36,
    "github app": "ghs" + "_" + B36,
    "github fine-grained": "github" + "_pat_" + "11ABCDEFG0" + A36 + "_" + B36,
    "gitlab": "glpat" + "-" + A36[:20],
    "aws id": "AKI" + "A" + "IOSFODNN7EXAMPLE",
    "slack bot": "xox" + "b-123456789012-123456789012-" + A36[:24],
    "slack app": "xap" + "p-1-A0123456789-123456789012-" + HEX * 2,
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + A36,
    "pypi": "pypi" + "-AgEIcHlwaS5vcmc" + A36 + B36,
    "npm": "npm" + "_" + A36,
    "rubygems": "rubygems" + "_" + HEX + HEX[:16],
    "anthropic": "sk-" + "ant-api03-" + A36 + B36,
    "openai": "sk-" + "proj-" + B36 + A36,
    "openai classic": "sk-" + A36 + B36[:12],
    "groq": "gs" + "k_" + A36 + B36[:16],
    "replicate": "r8" + "_" + B36 + "z",
    "hugging face": "hf" + "_" + A36[:34],
    "google": "AIz" + "a" + A36[:35],
    "google oauth": "ya2" + "9." + A36,
    "google client": "GOC" + "SPX-" + A36[:28],
    "stripe": "sk_" + "live_" + A36[:24],
    "stripe webhook": "whs" + "ec_" + A36[:32],
    "square": "sq0" + "atp-" + A36[:22],
    "shopify": "shp" + "at_" + HEX,
    "sendgrid": "S" + "G." + A36[:22] + "." + (B36 * 2)[:43],
    "mailgun": "ke" + "y-" + HEX,
    "mailchimp": HEX + "-u" + "s12",
    "twilio": "S" + "K" + HEX,
    "telegram": "123456789:" + "AA" + A36[:33],
    "digitalocean": "dop" + "_v1_" + HEX * 2,
    "docker": "dckr" + "_pat_" + A36[:27],
    "azure client": "abC" + "8Q~" + A36[:34],
    "vault": "hv" + "s." + A36[:24],
    "terraform": A36[:14] + ".atlas" + "v1." + (A36 + B36)[:67],
    "grafana": "gls" + "a_" + A36[:32] + "_0a1b2c3d",
    "sentry": "sntr" + "ys_" + A36 + B36,
    "new relic": "NRA" + "K-" + "A0B1C2D3E4F5G6H7J8K9L0M1N2P",
    "databricks": "dap" + "i" + HEX,
    "linear": "lin_" + "api_" + A36 + "aB3d",
    "planetscale": "pscale" + "_tkn_" + A36[:34],
}
TRANSFORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "backwards": lambda secret: secret[::-1],
    "for an address": lambda secret: quote(secret, safe="").replace("_", "%5F"),
    "every sign for an address": lambda secret: "".join(f"%{ord(one):02x}" for one in secret),
    "hex": lambda secret: secret.encode().hex(),
    "base64": lambda secret: base64.b64encode(f"x{secret}".encode()).decode(),
    "without its first seven": lambda secret: secret[7:],
    "over lines": lambda secret: "\n".join(textwrap.wrap(secret, 18)),
}


def variable(kind: str) -> str:
    """A name under which the environment holds a secret of this kind."""
    return f"{kind.upper().replace(' ', '_').replace('-', '_')}_TOKEN"


WORLD = {variable(kind): secret for kind, secret in SECRETS.items()}
