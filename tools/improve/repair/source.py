"""A Python file as text, tree and byte spans, so that edits keep every other byte as it was."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_NEWLINE = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Edit:
    """Replace the UTF-8 bytes ``start:end`` of the text by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed file. Offsets are into ``data``, the text as UTF-8 (ast counts columns so)."""

    path: str
    text: str
    encoding: str
    bom: bool
    tree: ast.Module
    data: bytes
    starts: tuple[int, ...]
    parents: dict[ast.AST, ast.AST] = field(repr=False)

    def offset(self, line: int, column: int) -> int:
        """Byte offset of a 1-based line and 0-based UTF-8 column."""
        return self.starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Byte offsets of a node that has a position (expressions, statements, arguments)."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return start, end

    def segment(self, node: ast.AST) -> str:
        """The node's own text."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def line_text(self, line: int) -> str:
        """One line without its line break; '' past the end."""
        if not 1 <= line <= len(self.starts):
            return ""
        end = self.starts[line] if line < len(self.starts) else len(self.data)
        return self.data[self.starts[line - 1] : end].decode().rstrip("\r\n")

    def line_of(self, offset: int) -> int:
        """1-based line that holds a byte offset."""
        return bisect_right(self.starts, offset)

    def indent(self, line: int) -> str:
        """The white space that a line starts with."""
        text = self.line_text(line)
        return text[: len(text) - len(text.lstrip(" \t"))]

    @cached_property
    def newline(self) -> str:
        """The file's own line break."""
        found = _NEWLINE.search(self.data)
        return found.group().decode() if found else "\n"

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Parent, grandparent ... up to the module."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost function that holds a node."""
        for parent in self.ancestors(node):
            if isinstance(parent, FunctionNode):
                return parent
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class that holds a node."""
        for parent in self.ancestors(node):
            if isinstance(parent, ast.ClassDef):
                return parent
        return None


def parse(path: str, raw: bytes) -> Source | None:
    """Read a file's bytes; None when it is not Python that this interpreter can parse."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        bom = raw.startswith(codecs.BOM_UTF8)
        text = raw[3:].decode("utf-8") if bom else raw.decode(encoding)
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return None
    data = text.encode("utf-8", "surrogatepass")
    starts = (0, *(m.end() for m in _NEWLINE.finditer(data)))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return Source(path, text, encoding, bom, tree, data, starts, parents)


def encode(source: Source, text: str) -> bytes:
    """A new text in the file's own encoding, with its BOM. Raises UnicodeEncodeError."""
    if source.bom:
        return codecs.BOM_UTF8 + text.encode("utf-8")
    return text.encode(source.encoding)


def apply(source: Source, edits: Sequence[Edit]) -> str | None:
    """The text after the edits; None when they overlap."""
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            return None
        parts += [source.data[at : edit.start], edit.text.encode()]
        at = edit.end
    parts.append(source.data[at:])
    return b"".join(parts).decode()


def statement_lines(source: Source, node: ast.stmt) -> tuple[int, int] | None:
    """Byte span of the whole lines of a statement; None when it shares a line with another."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    start = source.starts[first - 1]
    last = node.end_lineno or node.lineno
    end = source.starts[last] if last < len(source.starts) else len(source.data)
    own_start, own_end = source.offset(first, 0), source.span(node)[1]
    before = (
        source.data[own_start : source.offset(first, node.col_offset)]
        if (first == node.lineno)
        else b""
    )
    after = source.data[own_end:end].strip()
    if before.strip() or (after and not after.startswith(b"#")):
        return None
    return start, end
