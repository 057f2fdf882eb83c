# tests/test_helped.py::test_helped
from sums import total
from testkit import assert_total


def test_helped():
    assert_total(total([3, 4]), 7)
