"""Names for addresses."""

import re


def slug(title):
    """Lower case, a hyphen between the words."""
    return re.sub(r"[^a-z0-9]", "-", title.lower()).strip("-")
