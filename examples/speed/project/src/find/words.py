"""Text into words."""

STOP_WORDS = frozenset({"a", "an", "and", "of", "or", "the", "to"})


def words(text):
    """The words of a text that say something, in small letters."""
    found = [word.strip(".,;:!?").lower() for word in text.split()]
    return [word for word in found if word and word not in STOP_WORDS]
