"""Take parameter sets out of a test file, so that a fix can be judged by inputs it was not made for.

What CI has shown stays (the log is the agent's to read); the other sets of the same tests go. Only
sets that stand in the decorator itself are taken: a list behind a name serves other tests, too. Pure.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from improve.cut.fixtures import keyword_of
from improve.cut.model import CannotCut, Node, Read, Style, parse_node
from improve.cut.params import Dimension, matches
from improve.cut.seeds import dimensions, gather
from improve.cut.source import Edit


def withhold(path: str, shown: Collection[str], read: Read) -> str | None:
    """The text of the test file ``path`` with those sets alone that ``shown`` node ids name.

    None when there is nothing that can be taken out for sure.
    """
    found: dict[tuple[int, int], _Place] = {}
    nodes = [parse_node(node_id) for node_id in shown]
    for node in nodes:
        if node.path == path and node.names and node.param is not None:
            try:
                _collect(node, read, found)
            except (CannotCut, SyntaxError, RecursionError, ValueError):
                return None
    places = [
        place for place in found.values() if len(place.dimension.entries or ()) > len(place.keep)
    ]
    if not places:
        return None
    text = places[0].dimension.module.text
    edits = [edit for place in places for edit in place.edits()]
    return text.render(0, len(text.data), edits)


class _Place:
    """One list of parameter sets in the file, and which of them stay."""

    def __init__(self, dimension: Dimension) -> None:
        self.dimension = dimension
        self.keep: set[int] = set()

    def edits(self) -> list[Edit]:
        text, values = self.dimension.module.text, [self.dimension.values]
        ids = keyword_of(self.dimension.call, "ids")
        if isinstance(ids, (ast.List, ast.Tuple)):
            values.append(ids)
        return [Edit(*text.span(one), self._some_of(one)) for one in values]

    def _some_of(self, values: ast.expr) -> str:
        elements = values.elts if isinstance(values, (ast.List, ast.Tuple)) else []
        kept = [one for index, one in enumerate(elements) if index in self.keep]
        return f"[{', '.join(self.dimension.module.render(one) for one in kept)}]"


def _collect(node: Node, read: Read, found: dict[tuple[int, int], _Place]) -> None:
    """Note the sets that one node id names. Raises: CannotCut when that cannot be told."""
    marks, fixtures = dimensions(gather(node, read, Style(), {}))
    choices = matches(node.param or "", marks, fixtures)
    if not choices:
        raise CannotCut(f"the parameters of {node.names[-1]} cannot be told")
    for picks in choices:  # an id that may mean several sets shows them all
        for dimension, index in picks:
            if _stands_alone(dimension, node.path):
                key = dimension.module.text.span(dimension.values)
                found.setdefault(key, _Place(dimension)).keep.add(index)


def _stands_alone(dimension: Dimension, path: str) -> bool:
    """The sets are written out in a decorator of the file, with ids that can be cut like them."""
    values, entries = dimension.values, dimension.entries or ()
    ids = keyword_of(dimension.call, "ids")
    line = dimension.module.text.line(dimension.call.lineno).strip()
    return (
        dimension.module.path == path
        and isinstance(values, (ast.List, ast.Tuple))
        and tuple(values.elts) == entries
        and line.startswith("@")
        and (
            ids is None
            or (isinstance(ids, (ast.List, ast.Tuple)) and len(ids.elts) == len(entries))
        )
    )
