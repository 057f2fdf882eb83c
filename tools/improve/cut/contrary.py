"""The same test with a wrong expectation: on an honest fix it has to fail. Pure.

A change that answers for the test (an equality that is always true, a runner that calls everything
passed) makes the wrong expectation pass as well. Only what is surely reached is changed:
assertions in the test's own body, not in branches, loops or handlers.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection

from improve.cut.one_set import one_set

EQUALS = {"assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual"}

KINDS = {
    "raises": "Exception",
    "assertRaises": "Exception",
    "warns": "Warning",
    "assertWarns": "Warning",
}


def contrary(source: str, functions: Collection[str]) -> str | None:
    """``source`` with every sure expectation of ``functions`` made wrong; None when it has none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    changed = [
        _spoil(statement)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in functions
        for statement in _sure(node.body, dict(one_set(node) or {}))
    ]
    return ast.unparse(tree) + "\n" if any(changed) else None


def contrary_script(source: str) -> str | None:
    """``source`` with every sure expectation of its own body made wrong; None when it has none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    changed = [_spoil(statement) for statement in _sure(tree.body, {})]
    return ast.unparse(tree) if any(changed) else None


def _sure(body: list[ast.stmt], named: dict[str, ast.expr]) -> list[ast.stmt]:
    """Statements that a test which passes has run: up to the first that may leave it early.

    Names in them that stand for a literal (``named``: so far) are replaced by it.
    """
    found: list[ast.stmt] = []
    for one in body:
        if isinstance(one, (ast.With, ast.AsyncWith)) and not _expects_error(one):
            found += [one, *_sure(one.body, named)]
        elif isinstance(one, ast.Return):
            break
        elif not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.append(_spelled_out(one, named))
            if any(isinstance(inner, ast.Return) for inner in ast.walk(one)):
                break
            _bind(one, named)
    return found


def _bind(statement: ast.stmt, named: dict[str, ast.expr]) -> None:
    """What a statement does to the names that stand for literals."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            named.pop(node.id, None)
        elif isinstance(node, (ast.Call, ast.Subscript)):  # a list may be changed in its place
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and not isinstance(
                    named.get(inner.id), ast.Constant
                ):
                    named.pop(inner.id, None)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and _literal(statement.value):
            named[target.id] = statement.value


def _spelled_out(statement: ast.stmt, named: dict[str, ast.expr]) -> ast.stmt:
    """The statement itself, with the literals in place of their names on a side of its expectation."""
    for node in _sides(statement):
        for place, side in enumerate(node):
            if isinstance(side, ast.Name) and side.id in named:
                node[place] = copy.deepcopy(named[side.id])
    return statement


def _sides(statement: ast.stmt) -> list[list[ast.expr]]:
    """The lists in which the sides of an expectation stand, to be changed in place."""
    if isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Compare):
        return [statement.test.comparators]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr in EQUALS:
            return [call.args]
    return []


def _expects_error(node: ast.With | ast.AsyncWith) -> bool:
    return any("raises" in ast.unparse(item.context_expr) for item in node.items)


def _another_kind(statement: ast.With | ast.AsyncWith) -> bool:
    """``with raises(ValueError)`` and ``with warns(...)`` made to ask for a kind that nobody knows."""
    for item in statement.items:
        call = item.context_expr
        base = (
            KINDS.get(ast.unparse(call.func).split(".")[-1]) if isinstance(call, ast.Call) else None
        )
        if base and isinstance(call, ast.Call) and call.args:
            call.args[0] = ast.parse(f"type('Another', ({base},), {{}})", mode="eval").body
            return True
    return False


def _spoil(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _another_kind(statement)
    if isinstance(statement, ast.Assert):
        return _spoil_compare(statement.test)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr in EQUALS:
            return any(_wrong(one) for one in call.args[:2])
    return False


def _spoil_compare(test: ast.expr) -> bool:
    """``left == right`` with a literal on one side, or ``left is None`` and its like."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    right = test.comparators[0]
    if isinstance(test.ops[0], ast.Is):
        if not isinstance(right, ast.Constant) or right.value not in (None, True, False):
            return False
        right.value = right.value is not True
        return True
    if isinstance(right, ast.Call) and _about(right):
        return isinstance(test.ops[0], ast.Eq) and _wrong(right.args[0])
    return isinstance(test.ops[0], ast.Eq) and (_wrong(test.comparators[0]) or _wrong(test.left))


def _about(call: ast.Call) -> bool:
    """``approx(2.5)``: a float, and no tolerance of the test's own, within which another one might lie."""
    name = ast.unparse(call.func)
    value = call.args[0] if len(call.args) == 1 and not call.keywords else None
    floating = isinstance(value, ast.Constant) and isinstance(value.value, float)
    return floating and name in ("approx", "pytest.approx")


def _wrong(node: ast.expr) -> bool:
    """Change one constant of a literal, in place; False when it is no literal."""
    if not _literal(node):
        return False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and inner.value is not Ellipsis:
            inner.value = _other(inner.value)
            return True
        if isinstance(inner, (ast.List, ast.Tuple, ast.Set)) and not inner.elts:
            inner.elts.append(ast.Constant("another"))
            return True
        if isinstance(inner, ast.Dict) and not inner.keys:
            inner.keys.append(ast.Constant("another"))
            inner.values.append(ast.Constant("another"))
            return True
    return False


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _other(value: object) -> str | bytes | bool | int | float | complex:
    """Unequal to ``value``, and of its kind where that can be had."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, complex)):
        return value + 1
    if isinstance(value, float):
        return value * 2 + 1
    if isinstance(value, bytes):
        return value + b"x"
    return f"{value}x" if isinstance(value, str) else "another"
