# tests/test_shop.py::test_total[prices0-6]
from shop import total


def test_total():
    assert total([1, 2, 3]) == 6
