"""Text into words."""

STOP_WORDS = frozenset({"a", "an", "and", "of", "or", "the", "to"})


def words(text):
    """The words of a text, in small letters."""
    return [word.strip(".,;:!?").lower() for word in text.split()]
