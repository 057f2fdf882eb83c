"""The wrong expectation in one line of a test, in any language."""

from __future__ import annotations

import pytest

from improve.cut.contrary_line import contrary_line


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("assert.strictEqual(total([1, 2]), 3);", "assert.strictEqual(total([1, 2]), 13);"),
        ("assert.equal(f(x), 'blue', 'colour');", "assert.equal(f(x), 'bluex', 'colour');"),
        ("assert.deepStrictEqual(f(), [1, 'a']);", "assert.deepStrictEqual(f(), [11, 'a']);"),
        ("deepEqual(f(), { a: 1, b: 2 });", "deepEqual(f(), { a: 11, b: 2 });"),
        ("deepEqual(f(), { 'a': 1 });", "deepEqual(f(), { 'a': 11 });"),
        ('expect(f("a, b")).toBe(-6)', 'expect(f("a, b")).toBe(-16)'),
        ("expect(await f()).toEqual(true)", "expect(await f()).toEqual(false)"),
        ("is(f(1), 6, 'sums');", "is(f(1), 16, 'sums');"),
        ("assert_eq!(f(1), 6);", "assert_eq!(f(1), 16);"),
        ("assertEquals(6, f(1));", "assertEquals(16, f(1));"),
        (
            "assert.throws(() => f('x'), TypeError);",
            "assert.doesNotThrow(() => f('x'), TypeError);",
        ),
        ("await assert.rejects(f());", "await assert.doesNotReject(f());"),
        ("expect(() => f(1)).toThrow(/one/);", "expect(() => f(1)).not.toThrow(/one/);"),
        ("assert_equal nil, f(1)", None),  # no brackets: it is not known where it ends
    ],
)
def test_a_literal_expectation_is_made_wrong(line: str, wrong: str | None) -> None:
    assert contrary_line(line) == wrong


@pytest.mark.parametrize(
    "line",
    [
        "const given = total([1, 2]);",
        "assert.strictEqual(total([1, 2]), wanted);",
        "assert.strictEqual(total([1]), total([2]));",
        "assert.doesNotThrow(() => total('x'));",
        "expect(f).not.toThrow();",
        "assert.strictEqual(",
        "assert.strictEqual(total([1]), `${one} more`);",
        "assert.ok(total([1]), 6 > size);",
        "exists(f, 6);",
        "assert.strictEqual(total([1]), 6" + " " * 1000 + ");",
    ],
)
def test_what_is_no_literal_expectation_is_left(line: str) -> None:
    assert contrary_line(line) is None
