"""Which documents hold which words."""

from find.words import STOP_WORDS, words


def build(documents):
    """Word -> numbers of the documents that hold it, rising."""
    index = {}
    for number, text in enumerate(documents):
        for word in set(words(text)):
            index.setdefault(word, []).append(number)
    return index


def common(index, most=10):
    """(word, in how many documents it is) of the commonest words that are no stop words."""
    counted = sorted(index.keys() - STOP_WORDS, key=lambda word: (-len(index[word]), word))
    return [(word, len(index[word])) for word in counted[:most]]


def matching(index, query):
    """Numbers of the documents that hold every word of the query, rising."""
    rows = [index.get(word, []) for word in words(query)]
    if not rows:
        return []
    return [number for number in rows[0] if all(number in row for row in rows)]
