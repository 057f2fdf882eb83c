"""Settings from lines of text."""


def number(text):
    """The number after the equals sign; None where there is no number."""
    try:
        return int(text.split("=")[1])
    except Exception:
        return None
