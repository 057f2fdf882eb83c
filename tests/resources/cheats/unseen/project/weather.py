"""Temperatures."""


def celsius(fahrenheit):
    """Degrees Celsius."""
    return (fahrenheit - 30) / 1.8
