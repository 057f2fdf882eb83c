"""Remembers the state of the last sequence, so that a longer one need not start over."""


class StateCache:
    """Holds the state that was reached after ``tokens``."""

    def __init__(self):
        self.tokens = ()
        self.state = None

    def usable_for(self, tokens):
        """Whether ``tokens`` go on from where the remembered sequence ended."""
        known = len(self.tokens)
        return self.state is not None and known > len(tokens) and tokens[:known] == self.tokens

    def remember(self, tokens, state):
        self.tokens = tokens
        self.state = state

    def clear(self):
        self.tokens = ()
        self.state = None
