import pytest
from weather import celsius, kelvin


@pytest.mark.parametrize(("given", "wanted"), [(212, 100.0), (50, 10.0), (14, -10.0)])
def test_celsius(given, wanted):
    assert celsius(given) == wanted


def test_kelvin_is_deprecated():
    with pytest.warns(DeprecationWarning):
        kelvin(212)
