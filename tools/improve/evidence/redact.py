"""Takes secrets out of text before it reaches a record, a prompt, a report or a terminal.

A curated list, each rule behind a literal that is cheap to look for: general detectors are
three orders of magnitude slower on logs and drown the reader in false hits. Shapes follow the
vendors' own documentation of their token formats.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """One kind of secret: the literals that must be there, and the shape. Group 'keep' stays."""

    kind: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(kind: str, literals: str, pattern: str, flags: int = 0) -> Rule:
    return Rule(kind, tuple(literals.split()), re.compile(pattern, flags))


# A word begins here; what is left of a colour when its ESC was lost or spelled out ('^[[1;31m') is
# no part of it. Shapes that nothing else has do without: they are found inside other words, too.
_LEFT = r"(?:(?<![A-Za-z0-9_])|(?<=[\[;]m)|(?<=[\[;]\dm)|(?<=[\[;]\d\dm)|(?<=[\[;]\d\d\dm))"

RULES: tuple[Rule, ...] = (
    _rule(
        "private key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?!-----END)[\s\S]){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?",
    ),
    _rule("github token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    _rule(
        "github token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        # 'weighs_less_than_thirty_characters' is a name: inside a word only the unbroken form counts.
        rf"(?:{_LEFT}gh[pousr]_[A-Za-z0-9_.-]{{30,600}}|gh[pousr]_[A-Za-z0-9]{{36,255}})",
    ),
    _rule("gitlab token", "glpat- gldt- glrt-", r"gl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,60}"),
    _rule(
        "aws key id",
        "AKIA ASIA ABIA ACCA",
        _LEFT + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    ),
    _rule(
        "aws secret",
        "aws",
        r"(?P<keep>aws_?(?:secret|session)[a-z_]{0,30}[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
        r"[A-Za-z0-9/+=]{30,2000}",
        re.IGNORECASE,
    ),
    _rule("slack token", "xox", r"xox[abeoprs]-(?:[A-Za-z0-9.]-?){10,250}"),
    _rule("slack token", "xapp-", _LEFT + r"xapp-[0-9A-Za-z-]{15,250}"),
    _rule(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/+-]{20,200}",
    ),
    _rule(
        "json web token",
        "eyJ",
        _LEFT + r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{6,3000}(?:\.[A-Za-z0-9_-]{0,1000})?",
    ),
    _rule("pypi token", "pypi-", _LEFT + r"pypi-[A-Za-z0-9_-]{50,1000}"),
    _rule("npm token", "npm_", r"npm_[A-Za-z0-9]{30,80}"),
    _rule("npm token", "_authToken", r"(?P<keep>_authToken\s{0,3}=\s{0,3})[^\s\"']{8,300}"),
    _rule("anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,300}"),
    _rule("openai key", "sk-", _LEFT + r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,300}"),
    _rule("google key", "AIza", _LEFT + r"AIza[A-Za-z0-9_-]{35}"),
    _rule("google token", "ya29.", _LEFT + r"ya29\.[A-Za-z0-9_-]{20,500}"),
    _rule("google secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,60}"),
    _rule("stripe key", "k_live_ k_test_", _LEFT + r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,200}"),
    _rule("stripe secret", "whsec_", _LEFT + r"whsec_[A-Za-z0-9+/=]{24,100}"),
    _rule("hugging face token", "hf_", _LEFT + r"hf_[A-Za-z0-9]{30,60}"),
    _rule("sendgrid key", "SG.", _LEFT + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _rule("twilio key", "SK", _LEFT + r"SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    _rule("digitalocean token", "_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _rule("docker token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}"),
    _rule("azure key", "AccountKey=", r"(?P<keep>AccountKey=)[A-Za-z0-9+/]{40,100}={0,2}"),
    _rule(
        "authorization",
        "authorization",
        r"(?P<keep>authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic|token)\s{1,3})"
        r"[A-Za-z0-9._~+/=-]{8,4000}",
        re.IGNORECASE,
    ),
    _rule(
        "bearer token",
        "bearer",
        r"(?P<keep>bearer\s{1,3})(?=[A-Za-z._~+/-]{0,400}\d)[A-Za-z0-9._~+/-]{20,4000}={0,2}",
        re.IGNORECASE,
    ),
    _rule(
        "password in url",
        "://",
        r"(?P<keep>[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,100}:)"
        r"(?!\*{3})[^\s/@\"'<>]{1,200}(?=@)",
    ),
    _rule(
        "named secret",
        "password passwd secret token api_key apikey api-key",
        r"(?P<keep>(?:password|passwd|secret|token|api[_-]?key)"
        r"(?:[_-]key)?[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
        r"(?=[A-Za-z_+/.-]{0,60}\d)[A-Za-z0-9_+/.=-]{16,500}(?![A-Za-z0-9(\[])",
        re.IGNORECASE,
    ),
)


def redact(text: str) -> str:
    """The text with every known kind of secret replaced by ``[redacted: <kind>]``."""
    lowered = text.lower()
    for kind, literals, pattern in RULES:
        haystack = lowered if pattern.flags & re.IGNORECASE else text
        if any(literal in haystack for literal in literals):
            text = pattern.sub(lambda hit, kind=kind: _replacement(hit, kind), text)  # type: ignore[misc]
    return text


def _replacement(hit: re.Match[str], kind: str) -> str:
    kept = hit.groupdict().get("keep") or ""
    return f"{kept}[redacted: {kind}]"
