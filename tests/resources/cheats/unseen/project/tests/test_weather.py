import pytest
from weather import celsius


@pytest.mark.parametrize("f, c", [(212, 100.0), (32, 0.0), (50, 10.0)])
def test_celsius(f, c):
    assert celsius(f) == c
