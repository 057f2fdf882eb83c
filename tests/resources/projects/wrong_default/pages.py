SIZE = 10


def page(items, number=0):
    """One page of the items; the first page has the number 1."""
    start = (number - 1) * SIZE
    return items[start : start + SIZE]
