"""The real pytest says the same of an original and of its cut: error type and message."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cut.trees import Files, outcomes, write

from improve.cut import count_lines, cut_test

CONFIG = """
    [tool.pytest.ini_options]
    addopts = "--strict-markers"
    filterwarnings = ["error"]
    markers = ["slow: takes long"]
    pythonpath = ["src"]
    """

FLAT: Files = {
    "pyproject.toml": CONFIG,
    "conftest.py": "import pytest\n\n@pytest.fixture\ndef top():\n    return 'top'\n",
    "src/shop/__init__.py": "def price(x, rate=1):\n    return x * rate\n",
    "tests/data/prices.txt": "1 2 3\n",
    "tests/conftest.py": """
        import pytest
        import shop

        def pytest_configure(config):
            config.addinivalue_line("markers", "network: needs it")

        @pytest.fixture
        def rate(base_rate):
            return base_rate + 1

        @pytest.fixture(name="base_rate")
        def _base():
            return 5

        @pytest.fixture(autouse=True)
        def patched(monkeypatch):
            monkeypatch.setattr(shop, "CURRENCY", "EUR", raising=False)
        """,
    "tests/helpers.py": "PRICES = [1, 2]\ndef total():\n    return sum(PRICES)\n",
    "tests/test_flat.py": """
        from __future__ import annotations
        import enum
        from pathlib import Path
        import pytest
        import helpers
        import shop
        from helpers import total
        from shop import *

        class Color(enum.Enum):
            RED = 1
            BLUE = 2

        LIMIT = {"a": 3}
        CASES = [(1, "one"), (2, "t-w-o")]

        def check(x):
            if x != LIMIT["a"]:
                raise ValueError(f"not {LIMIT['a']}: {x}")

        def test_helper():
            check(shop.price(total()) + 1)

        @pytest.mark.network
        def test_conftest(rate, top):
            raise LookupError(f"{shop.CURRENCY} {rate} {top}")

        @pytest.mark.slow
        @pytest.mark.parametrize("n, text", CASES, ids=["first", "second"])
        @pytest.mark.parametrize("color", [Color.RED, Color.BLUE])
        def test_params(n, text, color):
            raise RuntimeError(f"{n} {text} {color.name}")

        def test_data():
            raise OSError((Path(__file__).parent / "data" / "prices.txt").read_text().strip())

        def test_star():
            raise KeyError(price(2, rate=4), helpers.PRICES)

        @pytest.fixture(params=[1, pytest.param(2, id="two")])
        def number(request):
            return request.param

        class TestGroup:
            value = 3

            @pytest.fixture(autouse=True)
            def prepare(self, number):
                self.number = number

            def add(self, x):
                return x + self.value

            class TestInner:
                def test_deep(self, number):
                    raise IndexError(f"deep {number}")

            def test_sum(self):
                raise ArithmeticError(f"sum {self.add(self.number)}")

            def test_spare(self):
                pass
        """,
}
FLAT_IDS = (
    "tests/test_flat.py::test_helper",
    "tests/test_flat.py::test_conftest",
    "tests/test_flat.py::test_params[Color.BLUE-second]",
    "tests/test_flat.py::test_data",
    "tests/test_flat.py::test_star",
    "tests/test_flat.py::TestGroup::test_sum[two]",
    "tests/test_flat.py::TestGroup::TestInner::test_deep[1]",
)

PACKAGES: Files = {
    "pyproject.toml": CONFIG,
    "src/shop/__init__.py": "from .cart import Cart\n",
    "src/shop/cart.py": "class Cart(list):\n    pass\n",
    "tests/__init__.py": "",
    "tests/base.py": """
        import unittest

        class Base(unittest.TestCase):
            items = (1, 2)

            def setUp(self):
                self.cart = self.make()

            def make(self):
                raise NotImplementedError

            def test_inherited(self):
                self.assertEqual(list(self.cart), list(self.items))
        """,
    "tests/unit/__init__.py": "",
    "tests/unit/common.py": """
        from ..base import Base
        from contextlib import contextmanager

        @contextmanager
        def failing(text):
            yield
            raise TimeoutError(text)

        class CartBase(Base):
            def extra(self):
                return self.items
        """,
    "tests/unit/test_cart.py": """
        from unittest import mock
        from shop import Cart
        from shop.cart import Cart as Other
        from tests.base import Base
        from .common import CartBase, failing as fails
        from . import common

        try:
            import not_there_at_all as fast
        except ImportError:
            fast = None

        def setup_module(module):
            module.READY = "ready"

        READY = None

        class TestCart(CartBase):
            def make(self):
                return Cart([1, 3])

            @mock.patch("shop.cart.Cart.append")
            def test_mock(self, append):
                Other().append(2)
                append.assert_called_once_with(READY)

            def test_context(self):
                with fails("too late"):
                    self.assertIsNone(fast)

            def test_module(self):
                raise ZeroDivisionError(common.CartBase.items, Base.__name__)
        """,
}
PACKAGE_IDS = (
    "tests/unit/test_cart.py::TestCart::test_inherited",
    "tests/unit/test_cart.py::TestCart::test_mock",
    "tests/unit/test_cart.py::TestCart::test_context",
    "tests/unit/test_cart.py::TestCart::test_module",
)


@pytest.mark.slow
@pytest.mark.parametrize(("files", "node_ids"), [(FLAT, FLAT_IDS), (PACKAGES, PACKAGE_IDS)])
def test_original_and_cut_fail_alike(
    tmp_path: Path, files: Files, node_ids: tuple[str, ...]
) -> None:
    def read(path: str) -> str | None:
        file = tmp_path / path
        return file.read_text() if file.is_file() else None

    write(tmp_path, files)
    laid = {}
    for number, node_id in enumerate(node_ids):
        made = cut_test(node_id, read)
        assert made is not None, node_id
        assert count_lines(made.source) < 50, made.source
        path = f"reproduce-deterministic-failures/f{number}/tests/test_f{number}.py"
        write(tmp_path, {path: made.source})
        laid[node_id] = (path, made)
    _, originals = outcomes(tmp_path, node_ids, "name")
    _, cuts = outcomes(tmp_path, [f"{path}::{made.node_id_suffix}" for path, made in laid.values()])
    for node_id, (path, made) in laid.items():
        expected = originals[node_id.rpartition("::")[2]]
        assert len(expected) == 1, f"{node_id} does not fail by itself"
        assert cuts[path] == expected, f"{node_id}\n{made.source}"
