"""A fixer for TCP: a message may arrive in pieces, so it is read until it is whole.

A stream has no borders (RFC 9293, 3.7): `recv` returns what is there, not what was sent at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source, statement_lines

BUFFER = 256  # a number of bytes from here on is room for a message, one below its very length


def one_recv(sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """`data = s.recv(n)`, once: until the line's end, or until there are n bytes."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and (made := _whole(source, node)):
                yield path, made


def _whole(source: Source, node: ast.Assign) -> Mutation | None:
    call, own, name = node.value, statement_lines(source, node), node.targets[0]
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or own is None:
        return None
    holder = source.function_of(node)
    if call.func.attr != "recv" or len(call.args) != 1 or not isinstance(name, ast.Name):
        return None
    loops = any(isinstance(one, (ast.While, ast.For)) for one in source.ancestors(node))
    known = {one.id for one in ast.walk(holder or node) if isinstance(one, ast.Name)}
    if loops or "part" in known or holder is None:
        return None
    until = _until(source, name.id, call.args[0])
    if until is None:
        return None
    receive = source.segment(call)
    if until.startswith("len("):
        wanted = source.segment(call.args[0])
        receive = f"{source.segment(call.func)}({wanted} - len({name.id}))"
    gap, indent = source.newline, source.indent(node.lineno)
    lines = (
        f'{name.id} = b""', f"while {until}:", f"    part = {receive}", "    if not part:",
        "        break", f"    {name.id} += part",
    )  # fmt: skip
    text = "".join(f"{indent}{line}{gap}" for line in lines)
    why = f"`{source.segment(call)}` may return a part of the message; it is now read to its end"
    return Mutation((Edit(*own, text),), node.lineno, "read-to-end", 1.9, why)


def _until(source: Source, name: str, size: ast.expr) -> str | None:
    """While this holds, a part is missing."""
    if not isinstance(size, ast.Constant) or not isinstance(size.value, int) or size.value < BUFFER:
        return f"len({name}) < {source.segment(size)}"
    if any(_sends_line(one) for one in ast.walk(source.tree)):
        return f'not {name}.endswith(b"\\n")'
    return None  # nothing here says where a message ends


def _sends_line(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    sends = node.func.attr in ("send", "sendall", "write")
    return sends and any(isinstance(one, bytes) and one.endswith(b"\n") for one in texts)
