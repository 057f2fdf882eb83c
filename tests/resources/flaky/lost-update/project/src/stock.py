"""How many of each article are left, shared by all tills of a shop."""


class Stock:
    """Articles and how many of them there are."""

    def __init__(self, amounts):
        self._amounts = dict(amounts)

    def reserve(self, article, amount=1):
        """Take some of an article; whether there were enough of it."""
        left = self._amounts.get(article, 0)
        if left < amount:
            return False
        self._amounts[article] = left - amount
        return True

    def left(self, article):
        """How many there still are."""
        return self._amounts.get(article, 0)
