"""A test that an agent wrote is refused for what can be seen in it."""

from __future__ import annotations

import pytest

from improve.reproduction.written import objections

PLACE = "reproduce-deterministic-failures/x/tests/test_x.py"
GOOD = "from shop import total\n\n\ndef test_it():\n    assert total([1, 2, 3]) == 6\n"


def told(source: str, *changed: str, product: tuple[str, ...] = ("shop",)) -> str:
    return "; ".join(objections(source, changed or (PLACE,), PLACE, product))


def test_a_test_of_the_product_is_taken() -> None:
    assert told(GOOD) == ""
    assert told(GOOD.replace("from shop import", "from shop.money import")) == ""
    assert told("import json\n\n\ndef test_it():\n    json.loads('{')\n", product=()) == ""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "import shop\n\n\ndef test_it():\n    raise KeyError('x')\n",
            "line 5 raises the error itself",
        ),
        ("import shop\n\n\ndef test_it():\n    assert False\n", "line 5 asserts a constant"),
        ("import shop, pytest\n\n\ndef test_it():\n    pytest.fail('x')\n", "calls pytest.fail"),
        ("import shop, os\n\n\ndef test_it():\n    os._exit(1)\n", "calls os._exit"),
        ("def test_it():\n    assert sum([2, 3]) == 6\n", "imports nothing of the product (shop)"),
        (GOOD + "from unittest.mock import patch\n", "replaces parts of the product"),
        ("def test_it(:\n", "is no Python"),
        ("x = '\0'\n", "is no Python"),
        (GOOD + "x = 1\n" * 300, "more than 200 lines"),
    ],
)
def test_what_fails_by_itself_is_refused(source: str, why: str) -> None:
    assert why in told(source)


def test_nothing_else_may_change() -> None:
    assert (
        told(GOOD, PLACE, "conftest.py") == f"it changed conftest.py; only {PLACE} may be written"
    )
    assert "it changed shop.py" in told(GOOD, "shop.py")
