"""Prices with a rebate."""


def discounted(cents):
    """A tenth less."""
    return cents - cents // 5
