class StockError(Exception):
    """A custom error."""


def ratio(a, b):
    return a / b


def parse(text):
    try:
        return int(text)
    except ValueError as exc:
        raise StockError(f"cannot read {text!r}\nsecond line of it") from exc


def lookup(d, key):
    try:
        return d[key]
    except KeyError:
        return ratio(1, 0)


def total(items):
    s = 0
    for item in items:
        s += item["price"] * item.get("count", 1)
    return s
