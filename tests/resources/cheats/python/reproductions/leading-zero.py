# tests/test_versions.py::test_leading_zero
from versions import Version


def test_leading_zero():
    assert Version("1.02") == Version("1.2")
