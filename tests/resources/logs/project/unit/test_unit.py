import unittest
from shop.calc import total, parse


class Base(unittest.TestCase):
    def test_equal(self):
        """A docstring in the way."""
        self.assertEqual(total([{"price": 2}]), 3)

    def test_error(self):
        parse("x")

    def test_sub(self):
        for i in range(2):
            with self.subTest(i=i, why="a (b) [c]"):
                self.assertEqual(i, 5)

    def test_long(self):
        self.assertEqual({"a": 1, "b": list(range(30))}, {"a": 2})

    @unittest.expectedFailure
    def test_unexpected(self):
        pass


class WithSetup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("no class set-up")

    def test_never(self):
        pass


class TearDown(unittest.TestCase):
    def tearDown(self):
        raise RuntimeError("tear")

    def test_x(self):
        pass
