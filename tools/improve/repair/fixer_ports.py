"""A fixer for ports with a number of their own: taken as soon as two of them run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import called, dotted
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source, statement_lines

_Found = Iterator[tuple[str, Mutation]]
SERVERS = ("HTTPServer", "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer", "UDPServer")


def fixed_port(sources: Mapping[str, Source]) -> _Found:
    """A port with a number of its own is taken when two run: the system gives a free one."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            asked = _asked_port(node) if isinstance(node, ast.Call) else None
            made = _free_port(source, node, asked, sources) if asked else None
            if made is not None:
                yield path, made


def _asked_port(node: ast.Call) -> ast.Name | None:
    address = node.args[0] if node.args else None
    if called(node) not in (*SERVERS, "bind", "create_server") or not isinstance(
        address, ast.Tuple
    ):
        return None
    port = address.elts[-1]
    return port if len(address.elts) == 2 and isinstance(port, ast.Name) else None


def _free_port(
    source: Source, node: ast.AST, asked: ast.Name, sources: Mapping[str, Source]
) -> Mutation | None:
    holder, port = source.function_of(node), _constant(source, asked.id)
    given = _told_by(source, node)
    if port is None or holder is None or given is None:
        return None
    inside = set(ast.walk(holder))
    uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == asked.id]
    uses = [one for one in uses if isinstance(one.ctx, ast.Load)]
    elsewhere = any(asked.id in other.text for other in sources.values() if other is not source)
    own = statement_lines(source, port)
    if elsewhere or own is None or any(n not in inside or n.lineno < asked.lineno for n in uses):
        return None
    edits = [Edit(*source.span(asked), "0"), Edit(*own, "")]
    for one in uses:
        text = next((a for a in source.ancestors(one) if isinstance(a, ast.JoinedStr)), None)
        if one is not asked and text is None:
            edits.append(Edit(*source.span(one), given))
        elif text is not None:  # Python < 3.12 gives names inside of f-strings wrong places
            told = source.segment(text)
            if told.count(f"{{{asked.id}}}") != 1 or not source.data[slice(*source.span(text))]:
                return None
            edits.append(Edit(*source.span(text), told.replace(f"{{{asked.id}}}", f"{{{given}}}")))
    why = f"Everybody asked for the same port, `{asked.id}`; the system now gives a free one"
    return Mutation(tuple(edits), asked.lineno, "free-port", 1.9, why)


def _constant(source: Source, name: str) -> ast.stmt | None:
    """The module's `NAME = 8000`, when that is its only value."""
    found = [
        one for one in ast.walk(source.tree)
        if isinstance(one, ast.Assign) and any(dotted(t) == name for t in one.targets)
    ]  # fmt: skip
    plain = len(found) == 1 and found[0] in source.tree.body
    number = found[0].value if plain else None
    return found[0] if isinstance(number, ast.Constant) and isinstance(number.value, int) else None


def _told_by(source: Source, node: ast.AST) -> str | None:
    """The expression that tells which port it became."""
    method = getattr(node, "func", None)
    if called(node) == "bind" and isinstance(method, ast.Attribute):
        return f"{source.segment(method.value)}.getsockname()[1]"
    parent = source.parents.get(node)
    target = dotted(parent.targets[0]) if isinstance(parent, ast.Assign) else ""
    if not target:
        return None
    return f"{target}.{'getsockname()' if called(node) == 'create_server' else 'server_address'}[1]"
