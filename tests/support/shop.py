"""A tiny target: a shop whose ``total`` forgets the first price, and its repairs."""

from __future__ import annotations

PRODUCT = '''\
"""Prices of a shop."""


def total(prices):
    """Sum of all prices."""
    result = 0
    for price in prices[1:]:
        result += price
    return result


def mean(prices):
    """Average price."""
    return sum(prices) / len(prices)
'''
TESTS = """\
from shop import mean, total


def test_total():
    assert total([1, 2, 3]) == 6


def test_mean():
    assert mean([2, 4]) == 3
"""
SETTINGS = "[pytest]\ntestpaths = tests\n"
WRONG, RIGHT = "prices[1:]", "prices"
FILES = {"shop.py": PRODUCT, "tests/test_shop.py": TESTS, "pytest.ini": SETTINGS}
FIXED = {**FILES, "shop.py": PRODUCT.replace(WRONG, RIGHT)}
NODE = "tests/test_shop.py::test_total"

FIX = """\
diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -4,5 +4,5 @@
 def total(prices):
     \"\"\"Sum of all prices.\"\"\"
     result = 0
-    for price in prices[1:]:
+    for price in prices:
         result += price
"""
