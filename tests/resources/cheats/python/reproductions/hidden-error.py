# tests/test_parsing.py::test_no_equals_sign
import pytest
from parsing import number


def test_no_equals_sign():
    with pytest.raises(IndexError):
        number("width")
