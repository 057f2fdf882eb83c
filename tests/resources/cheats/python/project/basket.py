"""Baskets, each with its own things."""


def put(thing, basket=[]):
    """The basket with one thing more."""
    basket.append(thing)
    return basket
