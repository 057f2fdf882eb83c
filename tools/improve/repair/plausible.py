"""Changes that make a test pass without repairing anything: never proposed.

The list follows "Anti-patterns in Search-Based Program Repair" (Tan et al., FSE 2016): no way
out early without a value, nothing deleted that raises, no condition that is always the same, no
exception silenced.
"""

from __future__ import annotations

import ast
from collections import Counter


def weakens(before: ast.AST, after: ast.AST) -> bool:
    """Whether the change silences something instead of repairing it."""
    old, new = _profile(before), _profile(after)
    if new["raise"] < old["raise"] or new["assert"] < old["assert"]:
        return True
    grown = ("silent-handler", "constant-test", "bare-return", "pass", "exit")
    return any(new[name] > old[name] for name in grown)


def _profile(tree: ast.AST) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            found["raise"] += 1
        elif isinstance(node, ast.Assert):
            found["assert"] += 1
        elif isinstance(node, ast.Pass):
            found["pass"] += 1
        elif isinstance(node, ast.Return) and node.value is None:
            found["bare-return"] += 1
        elif isinstance(node, ast.ExceptHandler):
            found["silent-handler"] += all(
                isinstance(s, (ast.Pass, ast.Continue)) for s in node.body
            )
        elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
            found["constant-test"] += isinstance(node.test, ast.Constant)
        elif isinstance(node, ast.Attribute) and node.attr in ("_exit", "skip", "xfail"):
            found["exit"] += 1
    return found
