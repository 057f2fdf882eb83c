"""Cut a minimal test out of the original, boldest way first."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.cut.compose import compose, data_files, header_for
from improve.cut.gather import Gathering
from improve.cut.imports import import_check
from improve.cut.model import CannotCut, Cut, Node, Read, Style, parse_node
from improve.cut.modules import Module
from improve.cut.params import Pick, matches, pick_edits
from improve.cut.seeds import dimensions, gather, label_edits
from improve.cut.source import Edit, count_lines
from improve.records import Failure

Edits = dict[str, list[Edit]]
STYLES = (
    Style(),
    Style(inline=False),
    Style(inline=False, plugin=True),
)


def cut_test(
    node_id: str, read: Read, failure: Failure | None = None, commit: str | None = None
) -> Cut | None:
    """The first of :func:`cut_candidates`; None when the test cannot be cut at all."""
    return next(cut_candidates(node_id, read, failure, commit), None)


def cut_candidates(
    node_id: str, read: Read, failure: Failure | None = None, commit: str | None = None
) -> Iterator[Cut]:
    """Cuts of one test, best and smallest first; the caller runs each and keeps the first that
    fails for the same reason.

    First with the one parameter set that the id names, then with all of them, then the whole
    module without its other tests. Nothing is raised: what cannot be cut gives no candidates.
    """
    node = parse_node(node_id)
    header = header_for(node, node_id, commit)
    if not node.path.endswith(".py"):
        return
    seen: set[str] = set()
    for cut in _candidates(node, read, header, failure):
        if cut.source not in seen:
            seen.add(cut.source)
            yield cut


def _candidates(node: Node, read: Read, header: str, failure: Failure | None) -> Iterator[Cut]:
    if not node.names:
        check = import_check(node, read, header, failure)
        if check:
            yield check
        return
    for reduced in (True, False):
        found = [c for style in STYLES for c in _cuts(node, read, header, style, reduced)]
        # The first style reads best; another goes first only where it is much shorter.
        yield from sorted(found, key=lambda c: max(0, count_lines(c.source) - 45))
    for style in (Style(whole=True), Style(inline=False, plugin=True, whole=True)):
        yield from _cuts(node, read, header, style, False)


def _cuts(node: Node, read: Read, header: str, style: Style, reduced: bool) -> list[Cut]:
    """Cuts in one style: one for each parameter set that the id may mean."""
    try:
        first = gather(node, read, style, {})
        labels: Edits = {}
        dropped = []
        for path, edit, name in label_edits(first):
            labels.setdefault(path, []).append(edit)
            dropped.append(name)
        choices = _choices(node, first, labels) if reduced else [([], {})]
        return [
            _finish(node, read, header, style, edits, picks, reduced, dropped)
            for picks, edits in [(p, _joined(labels, e)) for p, e in choices]
        ]
    except (CannotCut, SyntaxError, RecursionError, ValueError):
        return []


def _choices(node: Node, g: Gathering, labels: Edits) -> list[tuple[list[Pick], Edits]]:
    if node.param is None:
        return [([], {})]
    marks, fixtures = dimensions(g)
    choices = []
    for picks in matches(node.param, marks, fixtures):
        edits: Edits = {}
        for dimension, index in picks:
            module: Module = dimension.module
            edits.setdefault(module.path, []).extend(pick_edits((dimension, index), module))
        choices.append((picks, edits))
    return choices


def _joined(one: Edits, other: Edits) -> Edits:
    return {path: [*one.get(path, []), *other.get(path, [])] for path in {*one, *other}}


def _finish(
    node: Node, read: Read, header: str, style: Style, edits: Edits, picks: list[Pick],
    reduced: bool, dropped: list[str],
) -> Cut:  # fmt: skip
    g = gather(node, read, style, edits)
    source = compose(g, header)
    ast.parse(source)
    suffix = "::".join(node.names)
    if node.param is not None and not reduced:
        suffix += f"[{node.param}]"
    notes = [f"kept one parameter set of {len(p[0].entries or ())}" for p in picks]
    if g.style.plugin and g.plugin_imports:
        notes.append("loads the tests' conftest as a plugin")
    if style.whole:
        notes.append("keeps the whole module but its other tests")
    needs = tuple(sorted(g.needs | data_files(g, source)))
    return Cut(source, suffix, needs, tuple(dict.fromkeys(dropped)), tuple(notes))
