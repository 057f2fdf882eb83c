"""The values that a test is given by its only set of parameters. Pure.

A reproduction that is cut out of a parametrized test keeps the one set that failed: its expectation is
one of the values, and the test is one test.
"""

from __future__ import annotations

import ast


def one_set(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr] | None:
    """Parameter -> value; empty without ``parametrize``, None where there is more than one set."""
    found: dict[str, ast.expr] = {}
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last(decorator.func) == "parametrize":
            given = _read(decorator)
            if given is None:
                return None
            found.update(given)
    return found


def is_one_test(source: str, function: str) -> bool:
    """``function`` stands once in ``source``, with parameters, and with one set of them alone."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = [one for one in ast.walk(tree) if isinstance(one, functions) and one.name == function]
    return len(named) == 1 and bool(one_set(named[0]))


def _read(call: ast.Call) -> dict[str, ast.expr] | None:
    if len(call.args) < 2 or not isinstance(call.args[1], (ast.List, ast.Tuple)):
        return None
    names, sets = _names(call.args[0]), call.args[1].elts
    if len(sets) != 1 or not names:
        return None
    one = sets[0]
    if isinstance(one, ast.Call) and _last(one.func) == "param":
        values = one.args
    elif len(names) == 1 and not isinstance(call.args[0], (ast.List, ast.Tuple)):
        values = [one]
    else:
        values = one.elts if isinstance(one, (ast.List, ast.Tuple)) else []
    return dict(zip(names, values, strict=True)) if len(values) == len(names) else None


def _names(node: ast.expr) -> list[str]:
    """Of 'a, b' or ('a', 'b'); empty when they are not written out."""
    parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    texts = [one.value for one in parts if isinstance(one, ast.Constant)]
    if len(texts) != len(parts) or not all(isinstance(one, str) for one in texts):
        return []
    return [name.strip() for text in texts for name in str(text).split(",") if name.strip()]


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
