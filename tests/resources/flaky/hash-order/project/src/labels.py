"""Labels of an issue, as they are shown."""


def labels(text):
    """The labels in a text, once each."""
    return {word.strip().lower() for word in text.split(",") if word.strip()}


def shown(text):
    """The labels of a text in one line, in alphabetical order."""
    return ", ".join(labels(text))
