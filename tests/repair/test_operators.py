"""Each operator reaches the repair that it is there for, and keeps all else as it was."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improve.repair.localise import Suspect
from improve.repair.operators import mutations
from improve.repair.search import candidates
from improve.repair.source import apply, parse


def reached(before: str) -> set[str]:
    source = parse("a.py", before.encode())
    assert source is not None
    lines = range(1, len(source.starts) + 1)
    made = (apply(source, m.edits) for n in lines for m in mutations(source, n))
    return {text for text in made if text is not None}


FUNCTION = "def f(a, b, items):\n    {}\n    return a\n"

CASES = {
    "comparison": ("if a < b: a = b", "if a <= b: a = b"),
    "comparison with a comment": ("x = (a) < b  # why", "x = (a) >= b  # why"),
    "base case": ("if len(a) == 0: a = b", "if len(a) <= 1: a = b"),
    "identity": ("x = a is b", "x = a == b"),
    "number": ("x = a[0]", "x = a[1]"),
    "boolean": ("x = True", "x = False"),
    "arithmetic": ("x = a - b", "x = a + b"),
    "division": ("x = a / b", "x = a // b"),
    "operands": ("x = a - b", "x = b - a"),
    "sign": ("a -= b", "a += b"),
    "and": ("x = a and b", "x = a or b"),
    "dropped condition": ("x = a and b", "x = a"),
    "negation": ("if not a: b = 1", "if a: b = 1"),
    "added negation": ("if a: b = 1", "if not a: b = 1"),
    "index": ("x = items[a]", "x = items[a - 1]"),
    "slice start": ("x = items[:b]", "x = items[1:b]"),
    "slice end": ("x = items[a:b]", "x = items[a:b + 1]"),
    "range": ("for i in range(b): a = i", "for i in range(b + 1): a = i"),
    "range from one": ("for i in range(b): a = i", "for i in range(1, b): a = i"),
    "variable": ("x = items[a]", "x = items[b]"),
    "method": ("items.append(a)", "items.extend(a)"),
    "function": ("x = min(a, b)", "x = max(a, b)"),
    "arguments": ("x = f(a, b, items)", "x = f(b, a, items)"),
    "share of an argument": ("x = f(a)", "x = f(a - b)"),
    "copy": ("x = items", "x = list(items)"),
    "sorted": ("for i in items: a = i", "for i in sorted(items): a = i"),
    "unwrap": ("x = str(a)", "x = a"),
    "get": ("x = items[a]", "x = items.get(a, 0)"),
    "get default": ("x = items.get(a)", 'x = items.get(a, "")'),
    "strip": ("x = items[a]", "x = items[a.strip()]"),
    "shared rows": ("x = [[0] * 3] * b", "x = [[0] * 3 for _ in range(b)]"),
    "keep": ("a.strip()", "a = a.strip()"),
    "yield from": ("yield items", "yield from items"),
    "endless loop": ("while True: a = b", "while items: a = b"),
    "none condition": ("if a.b: a = b", "if a is None or a.b: a = b"),
    "loop": ("while a: break", "while a: continue"),
    "or": ("x = a.name", 'x = (a or "").name'),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_repair_is_among_the_mutations(before: str, after: str) -> None:
    assert FUNCTION.format(after) in reached(FUNCTION.format(before))


BLOCKS = {
    "moved out of the loop": (
        "def f(xs):\n    for x in xs:\n        y = x\n        return y\n",
        "def f(xs):\n    for x in xs:\n        y = x\n    return y\n",
    ),
    "moved into the loop": (
        "def f(xs):\n    for x in xs:\n        y = x\n    print(y)\n    return y\n",
        "def f(xs):\n    for x in xs:\n        y = x\n        print(y)\n    return y\n",
    ),
    "swapped": (
        "def f(x):\n    y = x\n    x = 2\n    return y\n",
        "def f(x):\n    x = 2\n    y = x\n    return y\n",
    ),
    "deleted": (
        "def f(x):\n    y = x\n    y = 0\n    return y\n",
        "def f(x):\n    y = x\n    return y\n",
    ),
    "returned": ("def f(x):\n    y = x\n", "def f(x):\n    y = x\n    return y\n"),
    "call returned": ("def f(x):\n    str(x)\n", "def f(x):\n    return str(x)\n"),
    "test returned": (
        "def f(x):\n    y = x\n    return True\n",
        "def f(x):\n    y = x\n    return y == 0\n",
    ),
    "guard": (
        "def f(x):\n    return x[0]\n",
        "def f(x):\n    if not x:\n        return None\n    return x[0]\n",
    ),
    "default": (
        "def f(x, xs=[]):\n    xs.append(x)\n    return xs\n",
        "def f(x, xs=None):\n    if xs is None:\n        xs = []\n    xs.append(x)\n    return xs\n",
    ),
    "no line break at the end": ("def f(x):\n    y = x", "def f(x):\n    y = x\n    return y"),
}


@pytest.mark.parametrize(("before", "after"), BLOCKS.values(), ids=BLOCKS)
def test_the_repaired_block_is_among_the_mutations(before: str, after: str) -> None:
    assert after in reached(before)


def test_comments_and_line_breaks_of_other_lines_stay() -> None:
    before = "def f(a):  # one\r\n    # two\r\n    return a  <  1   # three\r\n"
    assert before.replace("<", "<=") in reached(before)


def test_no_two_candidates_mean_the_same_program() -> None:
    source = parse(
        "a.py", b"def f(a, b):\n    if a < b and b > 0:\n        return a - 1\n    return b\n"
    )
    assert source is not None
    lines = [Suspect("a.py", n, 1.0) for n in range(1, 5)]
    shapes = [ast.dump(ast.parse(c.new_text)) for c in candidates({"a.py": source}, lines)]
    assert len(shapes) > 100
    assert len(shapes) == len(set(shapes))
    assert ast.dump(source.tree) not in shapes


def test_the_more_suspicious_line_is_tried_first() -> None:
    source = parse("a.py", b"def f(a, b):\n    x = a < b\n    y = a < b\n    return x, y\n")
    assert source is not None
    lines = [Suspect("a.py", 2, 0.3), Suspect("a.py", 3, 1.0)]
    assert next(candidates({"a.py": source}, lines)).line == 3


STATEMENTS = st.sampled_from([before for before, _ in CASES.values()])


@settings(max_examples=25, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_every_candidate_parses_and_is_one_small_change(body: list[str], newline: str) -> None:
    text = newline.join(["def f(a, b, items):", *("    " + s for s in body), ""])
    source = parse("a.py", text.encode())
    assert source is not None
    lines = [Suspect("a.py", n, 1.0) for n in range(1, len(body) + 2)]
    for candidate in candidates({"a.py": source}, lines):
        ast.parse(candidate.new_text)
        assert abs(len(candidate.new_text) - len(text)) < 90, candidate
