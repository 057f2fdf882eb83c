"""In which order did CI run the tests? As far as the log tells: pure.

tests/test_cart.py::test_total PASSED                    [ 31%]
[gw1] [ 32%] FAILED tests/test_cart.py::test_tax         one worker's tests share a process
Using --randomly-seed=3849                               pytest-randomly's order, told
+ pytest -p randomly --randomly-seed=3849 tests          or asked for
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

MOST_TESTS = 50_000
_STATUS = re.compile(r" (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?: |$)")
_WORKER = re.compile(r"\[(gw\d{1,4})\] \[ *\d{1,3}%\] [A-Z]{5,7} ")
_SEED = re.compile(r"--randomly-seed=(\d{1,20})(?: |$)")


class LoggedOrder(NamedTuple):
    """Node ids before the test (as the log spells them), and pytest-randomly's seed."""

    before: tuple[str, ...] = ()
    seed: str = ""


def logged_order(lines: Iterable[str], victim: str) -> LoggedOrder:
    """What ran before ``victim`` in its process, by the log's own lines (cleaned, capped).

    Of several sessions in one log the first that has the test counts. Only a verbose log tells an
    order; a quiet one gives ().
    """
    seen: dict[str, list[str]] = {}
    seed, told = "", 0
    found: tuple[str, ...] = ()
    for raw in lines:
        line = raw.strip()
        if match := _SEED.search(line):
            seed = match[1] if not found else seed
        if " test session starts " in line and not found:
            seen = {}
        if "::" not in line or told >= MOST_TESTS:
            continue
        worker, node = _test_of(line)
        if not node:
            continue
        told += 1
        if not found and _same(node, victim):
            found = (*seen.get(worker, ()), node)
        seen.setdefault(worker, []).append(node)
    return LoggedOrder(found[:-1], seed)


def _test_of(line: str) -> tuple[str, str]:
    """(worker, node id) of a status line; the worker is '' without xdist, the id for other lines."""
    if match := _WORKER.search(line):
        return match[1], line[match.end() :].strip()
    middle = line.find(".py::")
    end = _STATUS.search(line, middle) if middle > 0 else None
    return "", line[line.rfind(" ", 0, middle) + 1 : end.start()].strip() if end else ""


def _same(logged: str, node: str) -> bool:
    return logged == node or logged.endswith(f"/{node}") or node.endswith(f"/{logged}")
