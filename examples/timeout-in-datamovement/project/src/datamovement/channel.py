"""A one-way channel between workers, with a deadline on the receiving side."""

import queue
import time


class Channel:
    """Messages come out in the order in which they went in; counts both ends."""

    def __init__(self):
        self._messages = queue.Queue()
        self.sent = 0
        self.received = 0

    def send(self, message):
        self.sent += 1
        self._messages.put(message)

    def receive(self, deadline):
        """The next message, or None if none came until ``deadline`` (monotonic seconds)."""
        remaining = deadline - time.monotonic()
        try:
            message = self._messages.get(timeout=max(remaining, 0.001))
        except queue.Empty:
            return None
        self.received += 1
        return message
