"""What secrets look like: a curated table, each shape behind a literal that is cheap to look for.

General detectors are three orders of magnitude slower on logs and drown the reader in false hits,
so nothing here is general but the last two rules. Shapes follow the vendors' own documentation of
their token formats; https://docs.github.com/code-security/reference/secret-security lists most.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Rule(NamedTuple):
    """One kind of secret. ``shape`` is tried where a literal stands, ``before`` characters to the
    left of it; the group 'keep' stays.

    ``in_word``: what it finds stands in one long word. ``folded``: the literals are lower case, the
    text may not be.
    """

    kind: str
    literals: tuple[str, ...]
    raw: tuple[bytes, ...]
    shape: str
    before: tuple[int, ...] = (0,)
    in_word: bool = False
    folded: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        return _compiled(self.shape)


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    # When it is first needed: all of them take as long as the rest of `improve --help`.
    return re.compile(shape)


# A word begins here; what is left of a colour when its ESC was lost or spelled out ('^[[1;31m') is
# no part of it. Shapes that nothing else has do without: they are found inside other words, too.
_LEFT = r"(?:(?<![A-Za-z0-9_])|(?<=[\[;]m)|(?<=[\[;]\dm)|(?<=[\[;]\d\dm)|(?<=[\[;]\d\d\dm))"
_RIGHT = r"(?![A-Za-z0-9])"


def _word(kind: str, literals: str, pattern: str, *before: int) -> Rule:
    return _text(kind, literals, pattern, *before)._replace(in_word=True)


def _text(kind: str, literals: str, pattern: str, *before: int) -> Rule:
    found = tuple(literals.split())
    raw = tuple(one.encode() for one in found)
    return Rule(kind, found, raw, pattern, before or (0,))


def _named(kind: str, literals: str, pattern: str) -> Rule:
    return _text(kind, literals, f"(?i:{pattern})")._replace(folded=True)


RULES: tuple[Rule, ...] = (
    _text(
        "private key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?!-----END)[\s\S]){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?",
    ),
    _word("age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,60}"),
    _word("github token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    _word(
        "github token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        # 'weighs_less_than_thirty_characters' is a name: inside a word only the unbroken form counts.
        # 'ghp_import-2.1.0-py3-none-any.whl' is a file: a token's first part has neither sign of these.
        rf"(?:{_LEFT}gh[pousr]_(?=[A-Za-z0-9_]{{20}})[A-Za-z0-9_.-]{{30,600}}"
        r"|gh[pousr]_[A-Za-z0-9]{36,255})",
    ),
    _word(
        "gitlab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat-",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[A-Za-z0-9_.-]{20,100}",
    ),
    _word(
        "aws key id",
        "AKIA ASIA ABIA ACCA",
        _LEFT + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _RIGHT,
    ),
    _named(
        "aws secret",
        "aws",
        r"(?P<keep>aws_?(?:secret|session)[a-z_]{0,30}[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
        r"[A-Za-z0-9/+=]{30,2000}",
    ),
    _word("slack token", "xox", r"xox[abeoprs]-(?:[A-Za-z0-9.]-?){10,250}"),
    _word("slack token", "xapp-", _LEFT + r"xapp-[0-9A-Za-z-]{15,250}"),
    _word(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/+-]{20,200}",
    ),
    _word(
        "discord webhook",
        "/api/webhooks/",
        r"(?P<keep>/api/webhooks/\d{15,22}/)[A-Za-z0-9_-]{60,90}",
    ),
    _word(
        "json web token",
        "eyJ",
        _LEFT + r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{6,3000}(?:\.[A-Za-z0-9_-]{0,1000})?",
    ),
    # A macaroon of version 2: what follows 'AgE' is the name of the host (https://pypi.org/help/#apitoken).
    _word("pypi token", "pypi-AgE", _LEFT + r"pypi-AgE[A-Za-z0-9_-]{47,1000}"),
    _word("npm token", "npm_", r"npm_[A-Za-z0-9]{30,80}"),
    _text(
        "npm token",
        "_authToken",
        r"(?P<keep>_authToken\s{0,3}=\s{0,3})(?!\[redacted: )[^\s\"'$]{8,300}",
    ),
    _word("rubygems key", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _word("anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,300}"),
    _word(
        "openai key",
        "sk-",
        _LEFT
        + r"sk-(?:(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{32,300}|[A-Za-z0-9]{32,300})"
        + _RIGHT,
    ),
    _word("groq key", "gsk_", _LEFT + r"gsk_[A-Za-z0-9]{40,60}"),
    _word("xai key", "xai-", _LEFT + r"xai-[A-Za-z0-9]{70,90}"),
    _word("replicate token", "r8_", _LEFT + r"r8_[A-Za-z0-9]{37,40}" + _RIGHT),
    _word("hugging face token", "hf_", _LEFT + r"hf_[A-Za-z0-9]{30,60}"),
    _word("google key", "AIza", _LEFT + r"AIza[A-Za-z0-9_-]{35}"),
    _word("google token", "ya29.", _LEFT + r"ya29\.[A-Za-z0-9_-]{20,500}"),
    _word("google secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,60}"),
    _word("stripe key", "k_live_ k_test_", _LEFT + r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,200}", 1),
    _word("stripe secret", "whsec_", _LEFT + r"whsec_[A-Za-z0-9+/=]{24,100}"),
    _word("square token", "sq0", _LEFT + r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,60}"),
    _word("shopify token", "shp", _LEFT + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}" + _RIGHT),
    _word("sendgrid key", "SG.", _LEFT + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _word("mailgun key", "key-", _LEFT + r"key-[0-9a-f]{32}" + _RIGHT),
    _word("mailchimp key", "-us", _LEFT + r"[0-9a-f]{32}-us\d{1,2}" + _RIGHT, 32),
    _word("twilio key", "SK", _LEFT + r"SK[0-9a-f]{32}" + _RIGHT),
    _text("telegram token", ":AA", r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}" + _RIGHT, 10, 9, 8),
    _word("digitalocean token", "_v1_", r"do[opr]_v1_[a-f0-9]{64}", 3),
    _word("docker token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}"),
    _word("azure key", "AccountKey=", r"(?P<keep>AccountKey=)[A-Za-z0-9+/]{40,100}={0,2}"),
    _word("azure key", "SharedAccessKey=", r"(?P<keep>SharedAccessKey=)[A-Za-z0-9+/]{40,100}=?"),
    _word("azure signature", "sig=", r"(?P<keep>sig=)[A-Za-z0-9%]{40,80}%3[dD]"),
    _word(
        "azure secret",
        "Q~",
        _LEFT + r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
        4,
    ),
    _word("vault token", "hvs. hvb. hvr.", _LEFT + r"hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    _word("terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}", 14),
    _word("grafana token", "glsa_ glc_", _LEFT + r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,400}"),
    _word("sentry token", "sntry", _LEFT + r"sntry[su]_[A-Za-z0-9+/=_-]{60,400}"),
    _word("new relic key", "NRAK-", _LEFT + r"NRAK-[A-Z0-9]{27}"),
    _word("databricks token", "dapi", _LEFT + r"dapi[a-f0-9]{32}(?:-\d)?" + _RIGHT),
    _word("atlassian token", "ATATT3", _LEFT + r"ATATT3[A-Za-z0-9_=-]{60,300}"),
    _word("linear key", "lin_api_", _LEFT + r"lin_api_[A-Za-z0-9]{40}"),
    _word("figma token", "figd_", _LEFT + r"figd_[A-Za-z0-9_-]{40,60}"),
    _word("postman key", "PMAK-", _LEFT + r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _word("pulumi token", "pul-", _LEFT + r"pul-[a-f0-9]{40}"),
    _word(
        "planetscale token", "pscale_", _LEFT + r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}"
    ),
    _word("supabase token", "sbp_", _LEFT + r"sbp_[a-f0-9]{40}"),
    _word("doppler token", "dp.", _LEFT + r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{40,64}"),
    _text(
        "docker login",
        '"auth"',
        r"(?P<keep>\"auth\"\s{0,3}:\s{0,3}\")[A-Za-z0-9+/]{16,1000}={0,2}(?=\")",
    ),
    _named(
        "netrc password",
        "login",
        r"(?P<keep>login[ \t\n]{1,3}[^\s]{1,100}[ \t\n]{1,3}(?:[ ]{0,8}\d{1,6}[\t:\u2192])?password[ \t\n]{1,3})"
        r"(?!\[redacted: )[^\s*]{4,200}",
    ),
    _named(
        "authorization",
        "authorization",
        r"(?P<keep>authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic|token)\s{1,3})"
        r"[A-Za-z0-9._~+/=-]{8,4000}",
    ),
    _named(
        "bearer token",
        "bearer",
        r"(?P<keep>bearer\s{1,3})(?=[A-Za-z._~+/-]{0,400}\d)[A-Za-z0-9._~+/-]{20,4000}={0,2}",
    ),
    _text(
        "password in url",
        "://",
        # Not the fingerprint of a host's key, and not the words that stand for one in examples.
        r"(?<=[A-Za-z0-9])(?P<keep>://(?![^\s:/@]{0,90};fingerprint=)[^\s:/@\"'<>]{0,100}:)"
        r"(?!\*{3}|[{$%<]|(?:x-oauth-basic|p|pw|pass|passwd|password)@)[^\s/@\"'<>]{1,200}(?=@)",
    ),
    _named(
        "database password",
        "pwd= password=",
        r"(?P<keep>(?:pwd|password)=)(?!\*{3}|[{$%])[^\s;\"'*&,()]{6,200}(?=;)",
    ),
    _named(
        "named secret",
        "password passwd secret token api_key apikey api-key",
        r"(?P<keep>(?:password|passwd|secret|token|api[_-]?key)"
        r"(?:[_-]key)?[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
        # A path and a file's name ('token: seek-1.webm') are none.
        r"(?!/[A-Za-z0-9_.-]{1,60}/[A-Za-z0-9_.-]{1,60}/)"
        r"(?![A-Za-z0-9_+/.=-]{1,300}\.[A-Za-z]{1,5}(?![A-Za-z0-9_+/.=-]))"
        r"(?=[A-Za-z_+/.-]{0,60}\d)[A-Za-z0-9_+/.=-]{16,500}(?![A-Za-z0-9(\[])",
    ),
)
