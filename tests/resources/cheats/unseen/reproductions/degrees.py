# tests/test_weather.py::test_celsius[212-100.0]
from weather import celsius


def test_celsius():
    assert celsius(212) == 100.0
