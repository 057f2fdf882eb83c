# tests/test_palette.py::test_red
from palette import red


def test_red():
    assert red() == "#ff0011"
