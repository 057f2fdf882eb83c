"""What this project gives to those who test with it."""


class FakeClock:
    """A clock that goes on when it is told to."""

    def __init__(self, now=0):
        self.now = now

    def advance(self, seconds):
        """Let ``seconds`` pass."""
        self.now = seconds
