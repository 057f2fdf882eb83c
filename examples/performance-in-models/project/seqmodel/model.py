"""The model: tokens in, a score for each possible next token out."""

from seqmodel.cache import StateCache
from seqmodel.parameters import build
from seqmodel.scan import Scan


class SequenceModel:
    """Scores next tokens; keeps the state of the last sequence in ``cache``."""

    def __init__(self, parameters=None):
        self.parameters = parameters or build()
        self.scan = Scan(self.parameters)
        self.cache = StateCache()

    @property
    def updates(self):
        """State updates done so far."""
        return self.scan.updates

    def state_after(self, tokens):
        """The state after ``tokens``, continued from the cache where that is possible."""
        tokens = tuple(tokens)
        self._check(tokens)
        if self.cache.usable_for(tokens):
            done = len(self.cache.tokens)
            state = self.scan.run(self.cache.state, tokens[done:])
        else:
            state = self.scan.run(self.scan.initial(), tokens)
        self.cache.remember(tokens, state)
        return state

    def scores(self, tokens):
        """One score for each token of the vocabulary."""
        state = self.state_after(tokens)
        return [sum(w * s for w, s in zip(weights, state)) for weights in self.parameters.read]

    def _check(self, tokens):
        for token in tokens:
            if not 0 <= token < self.parameters.vocabulary:
                raise ValueError(f"token {token} is not in 0..{self.parameters.vocabulary - 1}")
