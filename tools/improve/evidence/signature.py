"""The normalised identity of a failure: what stays when addresses, times and numbers change."""

from __future__ import annotations

import hashlib
import re

from improve.records.evidence import Failure

_MAX_CHARS = 1000
_SHOWN_CHARS = 100
_ALIASES = {"IOError": "OSError", "EnvironmentError": "OSError", "timeout": "TimeoutError"}
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]{1,32}\b"), "<address>"),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\b"), "<time>"),
    (re.compile(r"(?<![\w/\\.])(?:[A-Za-z]:)?(?:[~.]{0,2}[/\\])[^\s'\"():,;<>]{2,500}"), "<path>"),
    (re.compile(r"(?<![\w/.-])(?:[\w.-]{1,100}/){1,20}[\w.-]{1,100}\.\w{1,8}\b"), "<path>"),
    (re.compile(r"\b(?=[a-f]{0,40}\d)[0-9a-f]{12,64}\b"), "<hex>"),
    (re.compile(r"[-+]?\d+(?:[._,]\d+){0,40}(?:[eE][-+]?\d+)?"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def bare_type(failure: Failure) -> str | None:
    """The exception's own name: module and outer classes off, old names as today's."""
    if not failure.error_type:
        return None
    last = failure.error_type.rpartition(".")[2]
    return _ALIASES.get(last, last)


def normal_message(message: str) -> str:
    """The message without what changes from run to run; at most 1,000 characters of it."""
    text = message[:_MAX_CHARS]
    for pattern, stand_in in _STEPS:
        text = pattern.sub(stand_in, text)
    return text.strip()


def signature(failure: Failure) -> str:
    """``<type>: <normal message> #<12 hex digits>``; equal for equal failures of any run.

    The readable part is cut at 100 characters; the digits stand for all of it.
    """
    name = bare_type(failure) or (failure.kind if failure.kind != "call" else "failure")
    whole = f"{name}: {normal_message(failure.message)}".rstrip(": ")
    digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:12]
    shown = whole if len(whole) <= _SHOWN_CHARS else whole[: _SHOWN_CHARS - 3] + "..."
    return f"{shown} #{digest}"
