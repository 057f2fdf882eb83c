import asyncio

import pytest
from events import price_of

PRICES = {"apple": 12, "pear": 31}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_two():
    assert asyncio.run(price_of(["apple", "pear"], PRICES)) == 43


def test_none():
    assert asyncio.run(price_of([], PRICES)) == 0
