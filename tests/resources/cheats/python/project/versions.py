"""Versions that compare by their numbers."""


class Version:
    """A version like 1.10."""

    def __init__(self, text):
        self.text = text
        self.numbers = tuple(int(part) for part in text.split("."))

    def __eq__(self, other):
        if not isinstance(other, Version):
            return NotImplemented
        return self.text == other.text

    def __hash__(self):
        return hash(self.numbers)
