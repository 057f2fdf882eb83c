"""Decorators: which marks carry meaning, which are the project's own labels."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.cut.source import DEFINITIONS, Edit, Text, dotted

# Marks that pytest and widely used plugins act upon. Any other mark is a label of the project:
# it selects tests, and with --strict-markers it breaks where nobody registered it.
MEANINGFUL = frozenset(
    [
        "filterwarnings",
        "parametrize",
        "skip",
        "skipif",
        "usefixtures",
        "xfail",
        "asyncio",
        "anyio",
        "trio",
        "twisted",
        "gen_test",
        "django_db",
        "urls",
        "timeout",
        "flaky",
        "vcr",
        "default_cassette",
        "block_network",
        "freeze_time",
        "respx",
        "httpx_mock",
        "datafiles",
        "enable_socket",
        "disable_socket",
        "allow_hosts",
        "mpl_image_compare",
        "subprocess",
        "forked",
        "thread_unsafe",
        "parallel_threads",
        "limit_memory",
        "qt_no_exception_capture",
        "qt_log_ignore",
        "qt_log_level_fail",
        "aiohttp_server",
        "options",
    ]
)


def mark_name(node: ast.expr) -> str | None:
    """``x`` of ``pytest.mark.x`` or ``mark.x(...)``; None for anything else."""
    parts = dotted(node).split(".")
    if len(parts) >= 2 and parts[-2] == "mark":
        return parts[-1]
    return None


def is_label(node: ast.expr, asked_for: frozenset[str]) -> bool:
    """A mark that only labels; ``asked_for`` are strings of the kept code that may ask for it."""
    name = mark_name(node)
    return name is not None and name not in MEANINGFUL and name not in asked_for


def drop_labels(node: ast.AST, text: Text, asked_for: frozenset[str]) -> Iterator[tuple[Edit, str]]:
    """Edits that drop the labels among a definition's decorators, each with the mark's name."""
    if not isinstance(node, DEFINITIONS):
        return
    for decorator in node.decorator_list:
        if is_label(decorator, asked_for):
            last = decorator.end_lineno or decorator.lineno
            edit = Edit(text.offset(decorator.lineno), text.offset(last + 1), "")
            yield edit, mark_name(decorator) or ""


def pytestmark_values(node: ast.stmt) -> list[ast.expr]:
    """The marks of a ``pytestmark = ...`` statement, [] for another statement."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if [dotted(t) for t in targets] != ["pytestmark"]:
        return []
    return node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]


def strip_pytestmark(node: ast.stmt, text: Text, asked_for: frozenset[str]) -> Edit | None:
    """The edit that leaves only meaningful marks in a ``pytestmark``; None: nothing to do."""
    values = pytestmark_values(node)
    kept = [v for v in values if not is_label(v, asked_for)]
    if not values or len(kept) == len(values):
        return None
    if not kept:
        return Edit(text.offset(node.lineno), text.offset((node.end_lineno or 0) + 1), "")
    value = node.value  # type: ignore[attr-defined]
    return Edit(*text.span(value), "[" + ", ".join(text.render(*text.span(v)) for v in kept) + "]")


def fixtures_asked_for(node: ast.AST) -> set[str]:
    """Names in ``usefixtures("a")`` and ``getfixturevalue("a")`` anywhere below ``node``."""
    found: set[str] = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and dotted(call.func).split(".")[-1] in (
            "usefixtures",
            "getfixturevalue",
        ):
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found
