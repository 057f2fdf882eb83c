"""What number an expression stands for, looked up in its own file. Pure, Python only."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping

Known = Mapping[str, float]
Step = Callable[[float, float], float]
STEPS: dict[type[ast.operator], Step] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
DEEPEST, LARGEST = 8, 1e15


class Numbers:
    """The names of a file that stand for one number: constants, and attributes set to one.

    A name that is set more than once stands for the largest.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.known: dict[str, float] = {}
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            for target in targets:
                name = _last(target)
                value = _constant(getattr(node, "value", None))
                if name and value is not None:
                    self.known[name] = max(value, self.known.get(name, value))

    def of(self, node: ast.expr, defaults: Known, depth: int = 0) -> float | None:
        """The number; None when that is decided elsewhere. ``defaults``: of the function around it."""
        if depth > DEEPEST:
            return None
        plain = _constant(node)
        if plain is not None:
            return plain
        name = _last(node)
        if name:
            local = defaults.get(name) if isinstance(node, ast.Name) else None
            return local if local is not None else self.known.get(name)
        if isinstance(node, ast.BinOp) and type(node.op) in STEPS:
            one = self.of(node.left, defaults, depth + 1)
            other = self.of(node.right, defaults, depth + 1)
            if one is None or other is None or (isinstance(node.op, ast.Div) and other == 0):
                return None
            return STEPS[type(node.op)](one, other)
        if isinstance(node, ast.Call) and _last(node.func) in ("max", "float", "int"):
            found = [self.of(one, defaults, depth + 1) for one in node.args]
            return max((one for one in found if one is not None), default=None)
        return None


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.expr, Known]]:
    """(function, expression, the numbers that its parameters have by default) of all expressions."""
    waiting: list[tuple[ast.AST, str, Known]] = [(tree, "", {})]
    while waiting:  # no recursion: a long sum is as deep as it is long
        node, place, known = waiting.pop()
        if isinstance(node, ast.expr):
            yield place, node, known
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            place = f"{place}.{node.name}"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            known = {**known, **_defaults(node.args)}
        waiting += [(one, place, known) for one in ast.iter_child_nodes(node)]


def _defaults(given: ast.arguments) -> dict[str, float]:
    plain = [*given.posonlyargs, *given.args]
    pairs = [*zip(plain[len(plain) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [
        (one, value)
        for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if value is not None
    ]
    found = {one.arg: _constant(value) for one, value in pairs}
    return {name: value for name, value in found.items() if value is not None}


def _last(node: ast.AST) -> str:
    """``x`` of ``x`` and of ``self.x``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.AST | None) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand)
        return None if value is None else -value
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < LARGEST else LARGEST
