"""Sizes with a unit, in bytes."""

UNITS = {
    "b": 1,
    "kb": 1_000,
    "mb": 1_000_000,
}


def size(text):
    """Bytes of a text like '20 kb'."""
    number, unit = text.split()
    return int(number) * UNITS[unit]
