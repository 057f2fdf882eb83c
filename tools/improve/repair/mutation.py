"""What operators and fixers produce: a mutation (edits in one file), and the finished candidate."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from improve.repair.source import Edit, Source


@dataclass(frozen=True)
class Mutation:
    """One small change of one file.

    ``prior`` is how often this kind of change is the right one, in (0, 1]; deterministic fixers
    stand above 1 because the error message itself asked for them.
    """

    edits: tuple[Edit, ...]
    line: int
    operator: str
    prior: float
    why: str


@dataclass(frozen=True)
class Candidate:
    """A file's whole new text, and why somebody would write it."""

    path: str
    new_text: str
    operator: str
    line: int
    why: str
    score: float
    prior: float


def replace(
    source: Source, node: ast.AST, text: str, operator: str, prior: float, why: str = ""
) -> Mutation:
    """The mutation that gives one node another text."""
    start, end = source.span(node)
    old = source.data[start:end].decode()
    line: int = node.lineno  # type: ignore[attr-defined]
    reason = why or f"`{shorten(old)}` became `{shorten(text)}`"
    return Mutation((Edit(start, end, text),), line, operator, prior, reason)


def insert(
    source: Source, at: int, text: str, line: int, operator: str, prior: float, why: str
) -> Mutation:
    """The mutation that adds text at a byte offset."""
    if at == len(source.data) and source.data and not source.data.endswith((b"\n", b"\r")):
        text = source.newline + text.rstrip("\r\n")  # the file ends without a line break
    return Mutation((Edit(at, at, text),), line, operator, prior, why)


def shorten(text: str, limit: int = 60) -> str:
    """One line of at most ``limit`` characters, for explanations."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
