"""Untrusted text in Markdown: shown letter by letter, and without effect at GitHub.

Each function is a filter of the templates. What has an effect there: links, mentions and issue
references (https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls),
closing keywords before a reference
(https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue),
math between dollar signs, and all of GFM (https://github.github.com/gfm). Pure.
"""

from __future__ import annotations

import re

from improve.redaction import redact
from improve.visible import visible

LONGEST = 2000  # characters of one text inside a line; a fence may be longer
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it is a letter
_BEGINS_BLOCK = re.compile(r"^([-+=:]|[0-9]{1,9}(?=[.)]))")  # a list, a rule, a table, a heading
_WWW = re.compile(r"(www)(?=\.)", re.IGNORECASE)
_GH_REFERENCE = re.compile(r"(gh)-(?=[0-9])", re.IGNORECASE)
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/[A-Za-z0-9/._~#?=&%+-]{0,500}"
)
# These work on the rendered text, where a backslash is gone: they need another sign. One that is
# seen to differ, because a zero-width joiner would hide that something was changed.
_OTHER_SIGNS = str.maketrans(
    {
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
        "#": "\N{FULLWIDTH NUMBER SIGN}",
        "$": "\N{FULLWIDTH DOLLAR SIGN}",
    }
)
_SCHEME_END = "\N{FULLWIDTH COLON}//"


def fenced(text: str, language: str = "text") -> str:
    """A code block that nothing in the text can close."""
    body = visible(text.rstrip("\n"), keep="\n\t")
    mark = "`" * max(3, _longest_run(body) + 1)
    return f"{mark}{language}\n{body}\n{mark}"


def code(text: str) -> str:
    """A code span on one line; '' for a text of nothing but blanks."""
    body = _one_line(text)
    if not body:
        return ""
    mark = "`" * (_longest_run(body) + 1)
    pad = " " if body.startswith("`") or body.endswith("`") else ""
    return f"{mark}{pad}{body}{pad}{mark}"


def cell(text: str) -> str:
    """A code span in a table, where even inside code a bar ends the cell."""
    # A backslash before the bar cannot be escaped in a code span, so such a bar is another sign.
    span = code(text).replace("\\|", "\\\N{FULLWIDTH VERTICAL LINE}")
    return span.replace("|", "\\|")


def plain(text: str) -> str:
    """A sentence, or a part of one: no mention, link, tag, list or closing keyword takes effect."""
    return _BEGINS_BLOCK.sub(_escape_first, _inert(text))


def prose(text: str) -> str:
    """Sentences that set code in backticks: the code stays code, the rest is ``plain``."""
    parts = _one_line(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return plain(text)
    # Two backticks with nothing between them would join the next span's to a longer mark.
    shown = "".join(
        (code(part) or r"\`\`") if at % 2 else _inert_between(part) for at, part in enumerate(parts)
    )
    return _BEGINS_BLOCK.sub(_escape_first, shown)


def address(text: str) -> str:
    """A link that shows its own target; what is no plain http(s) address becomes a code span."""
    return f"<{text}>" if _ADDRESS.fullmatch(text) else code(text)


def cut(text: str, most: int, told: str) -> str:
    """Markdown of at most ``most`` characters (at least 1,000); ``told`` ends what was cut.

    A cut falls between lines, so that it halves no code span, and closes an open code block.
    """
    if len(text) <= most:
        return text
    longest_mark = max(len(_ticks(line)) for line in text.split("\n"))
    room = max(1000, most - len(told) - 10 - longest_mark)
    lines = text[:room].split("\n")[:-1]
    mark = _open_fence(lines)
    return "\n".join([*lines, *([mark] if mark else []), "", told, ""])


def _one_line(text: str) -> str:
    # Signs that are escaped, and a cut, would keep a secret from being known as one afterwards.
    body = redact(" ".join(visible(text).split()))
    return body if len(body) <= LONGEST else body[: LONGEST - 3] + "..."


def _inert(text: str) -> str:
    out = _one_line(text)
    for sign in "\\`*[]<>|!~&":
        out = out.replace(sign, "\\" + sign)
    out = _EDGE_UNDERSCORE.sub(r"\\_", out)
    out = _WWW.sub(r"\1\\", out).replace("://", _SCHEME_END)
    return _GH_REFERENCE.sub("\\1\N{NON-BREAKING HYPHEN}", out).translate(_OTHER_SIGNS)


def _inert_between(part: str) -> str:
    body = _inert(part)
    if not body:
        return part
    return f"{' ' * part.startswith(' ')}{body}{' ' * part.endswith(' ')}"


def _escape_first(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _open_fence(lines: list[str]) -> str:
    mark = ""
    for line in lines:
        run = _ticks(line)
        if not mark and len(run) >= 3 and "`" not in line[len(run) :]:
            mark = run
        elif mark and len(run) >= len(mark) and not line.strip("`").strip():
            mark = ""
    return mark


def _ticks(line: str) -> str:
    return line[: len(line) - len(line.lstrip("`"))]
