"""Text into words."""


def words(text):
    """The words of a text, in small letters."""
    return [word.strip(".,;:!?").lower() for word in text.split()]
