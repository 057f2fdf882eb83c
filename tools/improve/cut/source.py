"""Source text by spans: what is kept keeps its formatting and comments, byte for byte."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Located = ast.stmt | ast.expr | ast.keyword
Function = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Edit(NamedTuple):
    """Replace the bytes ``start`` up to ``end`` with ``text``."""

    start: int
    end: int
    text: str


class Text:
    """A source with byte offsets, because ``ast`` counts columns in UTF-8 bytes."""

    def __init__(self, source: str) -> None:
        self.data = source.encode("utf-8", "surrogatepass")
        self.starts = [0]
        for index, byte in enumerate(self.data):
            if byte == 0x0A:
                self.starts.append(index + 1)

    def offset(self, line: int, column: int = 0) -> int:
        """Byte offset of a 1-based line; one line past the end is the end."""
        return self.starts[line - 1] + column if line <= len(self.starts) else len(self.data)

    def line(self, number: int) -> str:
        data = self.data[self.offset(number) : self.offset(number + 1)]
        return data.decode("utf-8", "surrogatepass")

    def span(self, node: Located) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def render(self, start: int, end: int, edits: Iterable[Edit] = ()) -> str:
        """The text of a span with edits done; an edit inside a larger one is lost with it."""
        out, position = [], start
        for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
            if edit.start < position or edit.end > end:
                continue
            out.append(self.data[position : edit.start].decode("utf-8", "surrogatepass"))
            out.append(edit.text)
            position = edit.end
        out.append(self.data[position:end].decode("utf-8", "surrogatepass"))
        return "".join(out)

    def body_spans(self, body: Sequence[ast.stmt], first_line: int = 1) -> list[tuple[int, int]]:
        """(first, last) line of each statement, with decorators and the comments glued above."""
        spans: list[tuple[int, int]] = []
        floor = first_line
        for node in body:
            first = first_line_of(node)
            while first - 1 >= floor and self._is_comment(first - 1, node.col_offset):
                first -= 1
            last = node.end_lineno or node.lineno
            spans.append((first, last))
            floor = last + 1
        return spans

    def removals(
        self, body: Sequence[ast.stmt], lines: tuple[int, int], keep: set[int]
    ) -> list[Edit]:
        """Edits that take statements out of a block; ``lines``: its head's first, its last line.

        An emptied block gets a ``pass``. A block on the line of its head is left alone.
        """
        if body[0].lineno == lines[0] or len(keep) == len(body):
            return []
        spans = self.body_spans(body, lines[0] + 1)
        ends = [first for first, _ in spans[1:]] + [lines[1] + 1]
        edits = []
        for index, ((first, _), end) in enumerate(zip(spans, ends, strict=True)):
            if index not in keep:
                empty = not keep and index == 0
                filler = " " * body[0].col_offset + "pass\n" if empty else ""
                edits.append(Edit(self.offset(first), self.offset(end), filler))
        return edits

    def _is_comment(self, line: int, column: int) -> bool:
        text = self.line(line)
        stripped = text.strip()
        return (
            stripped.startswith("#")
            and len(text) - len(text.lstrip()) == column
            and not stripped.startswith(("#!", "# -*-"))
        )


def normalised(source: str) -> str:
    """One kind of line end and no byte order mark, so that lines are what ``ast`` counts."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def first_line_of(node: ast.stmt) -> int:
    """First line of a statement, decorators included."""
    if isinstance(node, DEFINITIONS) and node.decorator_list:
        return min(node.lineno, *(d.lineno for d in node.decorator_list))
    return node.lineno


def count_lines(source: str) -> int:
    """Lines that are not blank: the measure behind "under 50 lines"."""
    return sum(1 for line in source.splitlines() if line.strip())


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name or attribute chain (called or subscripted or not), else ''."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join([node.id, *reversed(parts)])
        else:
            return ""
