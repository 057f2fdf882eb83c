"""Which variables of an environment hold a secret, and what of their values is one.

Pure but for one look: whether the first folder of a value that may be a path or a key is there. One in
64 keys in base64 begins with a slash.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from improve.redaction.shape import shapes

SHORTEST = 12  # bytes; what is shorter stands in too many places that are not it
LONGEST = 16_384  # characters of a value that are looked at
_PHRASE = 16  # characters of a pass phrase
_TOKEN = 20  # characters of a token where a name may stand as well
_NAME = re.compile(
    r"(?:^|_)(?:KEYS?|TOKENS?|SECRETS?|PASS|CREDENTIALS?|CREDS?|PAT|PWD|PW|AUTH|AUTHORIZATION|"
    r"COOKIES?|DSN)(?:$|_)|(?:TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|PASSPHRASE)S?(?:$|_)"
)
_SURE = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|API_KEY|PASSPHRASE|PRIVATE_KEY")
_PASSWORD = re.compile(r"(?:PASS(?:WORD|WD|PHRASE)?|SECRET|PWD|PW)S?[0-9]{0,3}$")
_SHELLS = ("PWD", "OLDPWD")  # a shell's working directories, whatever they are called
_PUBLIC = re.compile(r"(?:^|_)PUB(?:LIC)?(?:$|_)")
_LOGIN = re.compile(r"://([^\s:/@]{0,300})(?::([^\s/@]{1,300}))?@")
_PRIVATE = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(.{0,16000}?)(?:-----END|\Z)", re.DOTALL
)
_PATH = re.compile(r"\.{0,2}/|~[A-Za-z0-9_-]{0,40}(?:/|$)|https?://")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_WORD = re.compile(r"[A-Za-z]?[a-z]+(?:[A-Z][a-z]{2,})*|[A-Z]+")  # plain, or inCamelCase
_GIVEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}[=:](.+)")
_AROUND = "\"'`,;:(){}[]<>"


def secrets_of(environ: Mapping[str, str]) -> dict[str, bytes]:
    """The variables that hold a secret, by their names or by the shape of their values: name -> its
    secrets, one a line.

    Addresses, paths and words are left out: a setting whose name ends in KEY may be a file. Of an
    address its password or token counts, of JSON the values whose names say so, of a private key each
    line, of other texts the long words.
    """
    found = {}
    for name, value in environ.items():
        if name in _SHELLS:
            continue
        parts = dict.fromkeys(one.strip() for one in _secrets_in(name.upper(), value[:LONGEST]))
        whole = [one.encode("utf-8", "surrogateescape") for one in parts]
        if long := [one for one in whole if len(one) >= SHORTEST]:
            found[name] = b"\n".join(long)
    return found


def _secrets_in(name: str, value: str) -> Iterator[str]:
    text = value.strip()
    if (read := _json(text)) is not None:
        yield from _of_json(name, read)
        return
    many = len(text.split()) > 1
    logins = [part for login in _LOGIN.finditer(text[:4096]) for part in _of_login(login)]
    yield from logins
    if logins and not many:
        return
    if "PRIVATE KEY" in text:
        yield from _of_private_key(text)
    elif "-----BEGIN " in text or _PUBLIC.search(name):
        return
    elif _NAME.search(name):
        yield from _of_named(name, text)
    else:
        # Of more than one word only what has the shape; of one word all that goes on after it.
        found = [one for one in shapes(text[:4096]) if many or one.start == 0]
        yield from (text[one.start : one.end] if many else text for one in found)


def _of_login(login: re.Match[str]) -> Iterator[str]:
    """The password in an address, as it stands and as it is; a token in the place of the user."""
    user, password = login[1], login[2] or ""
    if _dense(user) and len(user) >= _TOKEN:
        yield user
    if len(password) >= SHORTEST and password != "x-oauth-basic":  # noqa: S105 - GitHub's word for "none"
        yield password
        yield unquote(password)


def _of_private_key(text: str) -> Iterator[str]:
    # One line with '\n' spelled out is common, since many settings take one line alone.
    for block in _PRIVATE.finditer(text.replace("\\r", "").replace("\\n", "\n")):
        yield from (word for word in block[1].split() if len(word) >= SHORTEST)


def _json(text: str) -> object:
    """The value of a text that is a JSON object or list; None when it is none."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return None


def _of_json(name: str, value: object) -> Iterator[str]:
    """By the names in it; of a variable that is named as a secret all that reads like a key."""
    named = bool(_NAME.search(name))
    left: list[tuple[str, object]] = [("", value)]
    while left:
        key, one = left.pop()
        if isinstance(one, dict):
            left += [(str(inner).upper(), item) for inner, item in one.items()]
        elif isinstance(one, list):
            left += [(key, item) for item in one]
        elif isinstance(one, str) and ("://" in one or "PRIVATE KEY" in one):
            yield from _secrets_in("", one)
        elif isinstance(one, str) and (_NAME if named else _SURE).search(key):
            yield from _of_named(key, one.strip())
        elif isinstance(one, str) and named and _is_random(one):
            yield one


def _of_named(name: str, text: str) -> Iterator[str]:
    password = bool(_PASSWORD.search(name))
    words = text.split()
    if len(words) == 1 and not _is_path(text) and (password or not _WORD.fullmatch(text)):
        yield text
    if len(words) > 1:
        if password and "\n" not in text and len(text) >= _PHRASE and not _is_path(text):
            yield text
        for word in words:
            given = _GIVEN.fullmatch(word.strip(_AROUND))
            plain = (given[1] if given else word).strip(_AROUND)
            if _dense(plain) and not _is_path(plain):
                yield plain


def _dense(word: str) -> bool:
    """Long, of letters and digits both."""
    signs = len(word) >= SHORTEST and any(one.isdigit() for one in word)
    return signs and any(one.isalpha() for one in word)


def _is_random(word: str) -> bool:
    """Not the name of a project, a host or a version."""
    mixed = word.lower() != word != word.upper()
    return bool(_BASE64.fullmatch(word)) and _dense(word) and (mixed or bool(_HEX.fullmatch(word)))


def _is_path(text: str) -> bool:
    if not _PATH.match(text):
        return False
    may_be_key = text[:1] == "/" and len(text) >= 32 and _is_random(text)
    return not may_be_key or os.path.lexists(f"/{text.split('/')[1]}")
