# tests/test_larger.py::test_larger
from sums import total


def test_larger():
    result = total([3, 4])
    assert isinstance(result, int)
    assert result > 6
