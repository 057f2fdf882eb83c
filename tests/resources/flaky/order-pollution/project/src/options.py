"""Options of a renderer: those that are given, over those that hold for all."""

DEFAULTS = {"colour": "black", "width": 80, "wrap": True}


def options(**given):
    """All options of one call."""
    found = DEFAULTS
    for name, value in given.items():
        if name not in DEFAULTS:
            raise KeyError(name)
        found[name] = value
    return found


def line(text, **given):
    """A text, cut as its options say."""
    chosen = options(**given)
    return text if not chosen["wrap"] else text[: chosen["width"]]
