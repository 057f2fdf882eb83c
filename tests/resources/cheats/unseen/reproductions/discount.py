# tests/test_prices.py::test_discount
from prices import discounted


def test_discount():
    assert discounted(120) == 108
