"""Extracts of source files, with line numbers: what the traceback and the search point at. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from improve.records import Failure

AROUND = 18  # lines before and after a place
MOST_FILES = 6

Read = Callable[[str], "str | None"]
"""The text of a file below the tree by its '/' path; None when there is none."""


def places(failures: Iterable[Failure], suspicious: Sequence[str]) -> dict[str, list[int]]:
    """File -> lines that failures and earlier attempts point at, the most telling file first.

    ``suspicious`` are 'path:line function', most suspicious first.
    """
    found: dict[str, list[int]] = {}
    for text in suspicious[:8]:
        path, _, rest = text.split(" ")[0].rpartition(":")
        if rest.isdigit():
            found.setdefault(path, []).append(int(rest))
    for failure in failures:
        for frame in reversed(failure.frames):  # the innermost first
            found.setdefault(frame.file, []).append(frame.line)
        if failure.file and failure.line:
            found.setdefault(failure.file, []).append(failure.line)
    return found


def extracts(where: dict[str, list[int]], read: Read, skip: Iterable[str] = ()) -> str:
    """The surroundings of each place, numbered, with the places marked; files of the tree only."""
    leave = set(skip)
    shown: list[str] = []
    for path, lines in where.items():
        text = read(path) if path not in leave else None
        if text is None or len(shown) >= MOST_FILES:
            continue
        body = text.split("\n")
        inside = [line for line in lines if 0 < line <= len(body)]
        if inside:
            shown.append(f"=== {path}\n{_numbered(body, inside)}")
    return "\n\n".join(shown)


def _numbered(body: Sequence[str], marked: Sequence[int]) -> str:
    wanted = sorted(
        {
            number
            for line in marked[:12]
            for number in range(max(1, line - AROUND), min(len(body), line + AROUND) + 1)
        }
    )
    out: list[str] = []
    before = 0
    for number in wanted:
        if before and number > before + 1:
            out.append("      ...")
        out.append(f"{number:5d}{'>' if number in marked else ' '} {body[number - 1][:300]}")
        before = number
    return "\n".join(out)


def imported(test: str, files: Sequence[str]) -> tuple[str, ...]:
    """The files that a test imports: where to look when no frame of the product tells."""
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if isinstance(node, ast.ImportFrom) and node.module and not node.level
            else []
        )
    ]
    ends = [f"{name.replace('.', '/')}{end}" for name in names for end in (".py", "/__init__.py")]
    return tuple(
        path for path in files if any(path == end or path.endswith(f"/{end}") for end in ends)
    )


def by_file(node_ids: Iterable[str]) -> str:
    """Every node id, grouped by file so that a thousand of them stay short."""
    groups: dict[str, list[str]] = {}
    for node_id in dict.fromkeys(node_ids):
        path, _, test = node_id.partition("::")
        groups.setdefault(path, []).append(test)
    return "\n".join(
        f"{path}\n" + "\n".join(f"  ::{test}" for test in tests if test) if any(tests) else path
        for path, tests in groups.items()
    )
