import pytest
from parsing import number


def test_no_equals_sign():
    with pytest.raises(IndexError):
        number("width")


def test_number():
    assert number("width=31") == 31
    assert number("width=wide") is None
