"""One connection for the whole process, opened when it is first needed."""

import itertools

_numbers = itertools.count(1)
_connection = None


class Connection:
    """A connection; ``number`` tells them apart."""

    def __init__(self, address):
        self.address = address
        self.number = next(_numbers)
        self.sent = []

    def send(self, text):
        """Put a text on the wire."""
        self.sent.append(text)


def connection(address="db.internal"):
    """The connection that everybody shares."""
    global _connection
    if _connection is None:
        _connection = Connection(address)
    return _connection
