"""The wrapper passes and fails with the original, for the original's reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cut.trees import outcomes, write

from improve.cut import count_lines, wrap

LAID = "reproduce-deterministic-failures/w/tests/test_w.py"
ORIGINAL = """
    import decimal
    import pytest

    @pytest.fixture
    def broken():
        raise LookupError("no fixture today")

    def test_good():
        pass

    def test_value():
        raise ValueError("bad: 3")

    def test_assert():
        assert 1 == 2

    def test_far():
        raise decimal.InvalidOperation("far")

    def test_setup(broken):
        pass
    """


@pytest.mark.slow
@pytest.mark.parametrize(
    ("node_id", "code", "told"),
    [
        ("tests/test_o.py::test_good", 0, []),
        ("tests/test_o.py::test_value", 1, ["ValueError: bad: 3"]),
        ("tests/test_o.py::test_assert", 1, ["assert 1 == 2"]),
        ("tests/test_o.py::test_far", 1, ["decimal.InvalidOperation: far"]),
        ("tests/test_o.py::test_setup", 1, ["LookupError: no fixture today"]),
        ("tests/test_bad.py", 1, ["ModuleNotFoundError: No module named 'nowhere_at_all'"]),
        (
            "tests/test_o.py::test_gone",
            1,
            ["RuntimeError: the original test did not run: pytest ended with 4"],
        ),
        (
            "tests/test_bad.py::test_x",
            1,
            ["RuntimeError: the original test did not run: pytest ended with 4"],
        ),
    ],
)
def test_the_wrapper_ends_as_the_original_does(
    tmp_path: Path, node_id: str, code: int, told: list[str]
) -> None:
    bad = "import nowhere_at_all\n\ndef test_x():\n    pass\n"
    write(tmp_path, {"tests/test_o.py": ORIGINAL, "tests/test_bad.py": bad, LAID: wrap([node_id])})
    ended, by_file = outcomes(tmp_path, [LAID])
    assert (ended, by_file) == (code, {LAID: told})


def test_the_wrapper_is_short_and_holds_hostile_ids_as_data() -> None:
    source = wrap(
        ['tests/a.py::test_x["""\n{}\\u202e', "tests/b.py::test_y[" + "y" * 90 + "]"], "c" * 40
    )
    compile(source, "wrapper", "exec")
    assert count_lines(source) < 50


def test_nothing_to_wrap_is_an_error() -> None:
    with pytest.raises(ValueError, match="no node ids"):
        wrap([])
