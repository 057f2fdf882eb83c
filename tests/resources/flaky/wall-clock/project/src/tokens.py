"""Tokens that are good for a while."""

import hashlib
import time

SALT = b"tokens of the shop"


def token(user, seconds=3600):
    """What is signed and handed out: whole seconds, as the standard asks for."""
    issued = int(time.time())
    claims = {"sub": user, "iat": issued}
    claims["ref"] = hashlib.pbkdf2_hmac("sha256", user.encode(), SALT, 500).hex()
    claims["exp"] = int(time.time()) + seconds
    return claims


def good(claims):
    """Whether a token may still be used."""
    return claims["iat"] <= time.time() < claims["exp"]
