import pytest
from shop import total


@pytest.mark.parametrize(("prices", "sum_"), [([1, 2, 3], 6), ([4, 5], 9), ([7], 7)])
def test_total(prices, sum_):
    assert total(prices) == sum_


def test_nothing():
    assert total([]) == 0
