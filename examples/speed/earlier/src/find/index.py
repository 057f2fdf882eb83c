"""Which documents hold which words."""

from find.words import words


def build(documents):
    """Word -> numbers of the documents that hold it, rising."""
    index = {}
    for number, text in enumerate(documents):
        for word in set(words(text)):
            index.setdefault(word, []).append(number)
    return index


def common(index, most=10):
    """The words that most documents hold, the commonest first."""
    return sorted(index, key=lambda word: (-len(index[word]), word))[:most]


def matching(index, query):
    """Numbers of the documents that hold every word of the query, rising."""
    rows = [set(index.get(word, ())) for word in words(query)]
    return sorted(set.intersection(*rows)) if rows else []
