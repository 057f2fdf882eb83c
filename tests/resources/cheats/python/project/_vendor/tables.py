"""A copy of a library of others."""


def rows(text):
    """Lines of a table."""
    return text.splitlines()[1:]
