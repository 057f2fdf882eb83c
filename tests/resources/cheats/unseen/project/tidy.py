"""What the linter looks at."""

import os


def first(things):
    """The first of them."""
    return things[0]
