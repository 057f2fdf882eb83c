# tests/test_basket.py::test_two_baskets
from basket import put


def test_two_baskets():
    put("apple")
    assert put("pear") == ["pear"]
