"""Prompts and templates: Jinja2 files that a reader can diff, never constants in code.

An undefined name is an error: a prompt that silently lost its evidence costs more than a crash.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from improve.errors import ImproveError

EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")


def render(template: Path, values: dict[str, object]) -> str:
    """The template with these values.

    Raises: ImproveError naming the template and what it lacks.
    """
    try:
        return _environment(template.parent).get_template(template.name).render(values)
    except TemplateError as error:
        raise ImproveError(
            f"{template} could not be filled in: {error}.",
            "The template names a value that this phase does not give; compare it with the shipped one.",
        ) from error


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML; untrusted text goes through `fenced`
    )
    environment.filters["fenced"] = fenced
    environment.filters["code"] = code
    environment.filters["cell"] = cell
    environment.filters["plain"] = plain
    environment.filters["prose"] = prose
    return environment


def count(number: int, noun: str) -> str:
    """'1 attempt', '2 attempts'."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def fenced(text: str, language: str = "text") -> str:
    """Untrusted text as a Markdown code block that nothing in it can close."""
    body = _printable(text.rstrip("\n"), keep="\n\t")
    mark = "`" * max(3, _longest_run(body) + 1)
    return f"{mark}{language}\n{body}\n{mark}"


def code(text: str) -> str:
    """Untrusted text as a Markdown code span on one line."""
    body = " ".join(_printable(text).split())
    if not body:
        return ""
    mark = "`" * (_longest_run(body) + 1)
    pad = " " if body.startswith("`") or body.endswith("`") else ""
    return f"{mark}{pad}{body}{pad}{mark}"


def plain(text: str) -> str:
    """Untrusted text inside a sentence: no mention, link, tag or closing keyword takes effect."""
    out = " ".join(_printable(text).split())
    for sign in "\\`*[]<>|!~&":
        out = out.replace(sign, "\\" + sign)
    out = EDGE_UNDERSCORE.sub(r"\\_", out)  # inside a word it is a letter
    # "Fixes #1" works on the rendered text too, and so does "closes <the address>": the
    # first needs another sign, the second must not become a link. Full-width signs, because a
    # zero-width joiner would be invisible and they say that something was changed.
    out = out.replace("://", "\\://").replace("@", "\N{FULLWIDTH COMMERCIAL AT}")
    return out.replace("#", "\N{FULLWIDTH NUMBER SIGN}")


def prose(text: str) -> str:
    """Untrusted sentences that set code in backticks: the code stays code, the rest is ``plain``."""
    parts = " ".join(_printable(text).split()).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return plain(text)
    return "".join(
        _code_between(part) if at % 2 else _plain_between(part) for at, part in enumerate(parts)
    )


def _plain_between(part: str) -> str:
    body = plain(part)
    return (
        f"{' ' * part.startswith(' ')}{body}{' ' * (part.endswith(' ') and part != ' ')}"
        if body
        else part
    )


def _code_between(part: str) -> str:
    return code(part) or "``"


def cell(text: str) -> str:
    """Untrusted text as a code span in a table, where even inside code a bar ends the cell."""
    return code(text).replace("|", "\\|")


def _printable(text: str, keep: str = "") -> str:
    """Without control characters, halves of surrogate pairs and signs that turn the direction."""
    return "".join(
        sign if sign.isprintable() or sign in keep else " " if sign.isspace() else ""
        for sign in text
    )


def _longest_run(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    return longest
