# tests/test_weather.py::test_kelvin_is_deprecated
import pytest
from weather import celsius, kelvin


def test_kelvin_is_deprecated():
    with pytest.warns(DeprecationWarning):
        kelvin(212)
