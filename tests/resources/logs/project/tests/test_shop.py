import unittest

import pytest
from shop.calc import StockError, lookup, parse, ratio, total


def test_ok():
    assert ratio(4, 2) == 2


def test_plain_assert():
    assert ratio(4, 2) == 3


def test_assert_message():
    assert ratio(4, 2) == 3, "ratio is wrong: got something else than three"


def test_dict_diff():
    assert {"a": 1, "b": [1, 2, 3], "c": {"x": "y"}} == {"a": 1, "b": [1, 2, 4], "c": {"x": "z"}}


def test_context_chain():
    lookup({}, "missing")


def test_raises_nothing():
    with pytest.raises(StockError):
        parse("7")


def test_fails_without_trace():
    pytest.fail("gave up: no answer", pytrace=False)


def test_local_class():
    class Inner(Exception):
        pass

    raise Inner("in a local class")


def test_no_message():
    raise RuntimeError


@pytest.mark.parametrize("text", ["a b", "x[1]", "a::b", "naïve ☃", "p - q", "7"])
def test_param(text):
    assert parse(text) == 7


class TestCart:
    class TestInner:
        def test_nested(self):
            total([{"cost": 3}])


class TestUnit(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(total([{"price": 2}]), 3)


@pytest.fixture
def broken():
    raise OSError(2, "No such thing", "nowhere")


@pytest.fixture
def falls_down():
    yield 1
    raise ValueError("teardown went wrong")


def test_setup_error(broken):
    pass


def test_both(falls_down):
    assert falls_down == 2


def test_missing_fixture(no_such_fixture):
    pass


@pytest.mark.xfail(strict=True)
def test_strict():
    assert 1


def test_prints_errors():
    print("FAILED tests/test_fake.py::test_in_stdout - ValueError: not real")
    print("E   KeyError: 'fake'")
    print("____________________ test_fake ____________________")
    print("Traceback (most recent call last):")
    print('  File "fake.py", line 3, in fake')
    print("FakeError: not real")
    raise ConnectionError("real: FAILED to connect - host gone")


def test_exit():
    raise SystemExit(3)
