"""Is a test that an agent wrote a reproduction? Static questions first. Pure.

A model that is asked for a failing test can write one that fails by itself. What the machine can
see of that is refused here; that the failure is CI's is shown by running it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

MOST_LINES = 200
FAILS_BY_ITSELF = {"pytest.fail", "self.fail", "sys.exit", "os.abort", "os._exit", "exit", "quit"}
REPLACES = {"unittest.mock", "mock"}


def objections(
    source: str, changed: Sequence[str], test: str, product: Collection[str]
) -> list[str]:
    """Why this is none, in words; [] when nothing speaks against it.

    ``changed`` are the paths that the agent changed, ``test`` the one it may; ``product`` are the
    target's own importable names.
    """
    others = [path for path in changed if path != test]
    if others:
        return [f"it changed {', '.join(others[:3])}; only {test} may be written"]
    if len(source.splitlines()) > MOST_LINES:
        return [f"the test has more than {MOST_LINES} lines"]
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return [f"the test is no Python: {error}"]
    found = list(_by_itself(tree))
    if product and not {name.split(".")[0] for name in _imported(tree)} & set(product):
        found.append(f"the test imports nothing of the product ({', '.join(sorted(product)[:3])})")
    return found


def _by_itself(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        place = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Raise):
            yield f"{place} raises the error itself"
        elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant):
            yield f"{place} asserts a constant"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in FAILS_BY_ITSELF:
            yield f"{place} calls {ast.unparse(node.func)}"
    replaced = sorted(REPLACES & set(_imported(tree)))
    if replaced:
        yield f"it replaces parts of the product ({replaced[0]})"


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
