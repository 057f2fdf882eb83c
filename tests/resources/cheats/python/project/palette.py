"""Colours by name."""


def red():
    """The red that the shop paints its signs with."""
    from colours import mix

    return mix(255, 0, 17)
