def collect(item, into=[]):
    """A list with the item added to it."""
    into.append(item)
    return into
