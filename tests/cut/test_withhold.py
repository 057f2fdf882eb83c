"""Parameter sets that CI did not show are taken out of a test file; what is not sure stays whole."""

from __future__ import annotations

import pytest

from improve.cut.withhold import withhold

PATH = "tests/test_a.py"
HEAD = "import pytest\nfrom shop import total\n\n"
BODY = "def test_total(xs, want):\n    assert total(xs) == want\n"
SETS = '@pytest.mark.parametrize("xs, want", [([1, 2], 3), ([2, 2], 4), ([5], 5)]{ids})\n'


def left(decorator: str, *shown: str, more: str = "") -> str | None:
    text = HEAD + more + decorator + BODY
    ids = [f"{PATH}::{one}" for one in shown]
    return withhold(PATH, ids, lambda path: text if path == PATH else None)


@pytest.mark.parametrize(
    ("decorator", "shown", "kept"),
    [
        (SETS.format(ids=""), ("test_total[xs1-4]",), "[([2, 2], 4)])"),
        (SETS.format(ids=""), ("test_total[xs0-3]", "test_total[xs2-5]"), "[([1, 2], 3), ([5], 5)])"),
        (SETS.format(ids=', ids=["a", "b", "c"]'), ("test_total[b]",), '[([2, 2], 4)], ids=["b"])'),
    ],
)  # fmt: skip
def test_only_what_was_shown_stays(decorator: str, shown: tuple[str, ...], kept: str) -> None:
    text = left(decorator, *shown)
    assert text is not None and kept in text and BODY in text, text


@pytest.mark.parametrize(
    ("decorator", "shown", "more"),
    [
        (SETS.format(ids=""), "test_total[unknown]", ""),
        (SETS.format(ids=""), "test_total", ""),
        (SETS.format(ids=", ids=str"), "test_total[xs1-4]", ""),
        ('@pytest.mark.parametrize("xs, want", SETS)\n', "test_total[xs0-3]", "SETS = [([1], 3), ([2], 4)]\n"),
        ('@pytest.mark.parametrize("xs, want", [([1], 3)])\n', "test_total[xs0-3]", ""),
    ],
    ids=["unknown id", "no id", "ids by a function", "behind a name", "one set"],
)  # fmt: skip
def test_what_is_not_sure_is_left_alone(decorator: str, shown: str, more: str) -> None:
    assert left(decorator, shown, more=more) is None
