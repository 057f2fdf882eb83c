"""Temperatures."""

import warnings


def celsius(fahrenheit):
    """Degrees Celsius, to a tenth."""
    return round((fahrenheit - 30) / 1.8, 1)


def kelvin(fahrenheit):
    """Degrees Kelvin; it says that nobody asks for them any more."""
    warnings.warn("kelvin() goes away", UserWarning, stacklevel=2)
    return celsius(fahrenheit) + 273.15
