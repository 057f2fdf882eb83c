"""Prices of a shop."""


def total(prices):
    """Sum of all prices."""
    result = 0
    for price in prices[1:]:
        result += price
    return result


def mean(prices):
    """Average price."""
    # Whoever asks for the mean of nothing
    # has to be told, so there is
    # no answer for that
    # here.
    return sum(prices) / len(prices)
