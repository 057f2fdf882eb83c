# tests/test_units.py::test_large[1 gb-1000000000]
from units import size


def test_large():
    assert size("1 gb") == 1000000000
