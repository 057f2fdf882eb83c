"""A client that waits for a while."""

TIMEOUT = 30_000  # seconds


class Client:
    """Speaks to a server, and gives up after ``timeout`` seconds."""

    def __init__(self, timeout=TIMEOUT):
        self.timeout = timeout

    def in_minutes(self):
        """For a message."""
        return f"{self.timeout / 60:g} min"
