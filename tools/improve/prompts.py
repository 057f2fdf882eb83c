"""Prompts and templates: Jinja2 files that a reader can diff, never constants in code.

An undefined name is an error: a prompt that silently lost its evidence costs more than a crash.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from improve.errors import ImproveError
from improve.markdown import address, cell, code, fenced, plain, prose


def test_command(node_ids: Sequence[str]) -> str:
    """The line that runs these tests, safe to paste into a shell whatever they are called."""
    # pytest reads options from `@file` arguments, and a file may be called -p.
    words = [f"./{node}" if node.startswith(("-", "@")) else node for node in node_ids]
    return shlex.join(["python", "-m", "pytest", *words])


FILTERS = {
    "fenced": fenced,
    "code": code,
    "cell": cell,
    "plain": plain,
    "prose": prose,
    "address": address,
    "test_command": test_command,
    "shell": shlex.quote,
}


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
        autoescape=False,  # noqa: S701 - Markdown, not HTML; untrusted text goes through FILTERS
    )
    environment.filters.update(FILTERS)
    return environment


def count(number: int, noun: str) -> str:
    """'1 attempt', '2 attempts'."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def short_time(seconds: float) -> str:
    """'61.2 ms' or '3.21 s'."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def percent(rate: float) -> str:
    """'8.3 %', with a digit more below 1 %."""
    return f"{100 * rate:.{2 if rate < 0.01 else 1}f} %"
