"""The recurrence: the state after a token follows from the state before it."""


class Scan:
    """Runs the recurrence and counts its work in ``updates``."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.updates = 0

    def initial(self):
        return (0.0,) * len(self.parameters.decay)

    def update(self, state, token):
        """The state after ``token``; how much is forgotten depends on the token (selective)."""
        self.updates += 1
        gate = (token + 1) / self.parameters.vocabulary
        return tuple(
            decay ** (1 + gate) * value + drive * gate
            for value, decay, drive in zip(state, self.parameters.decay, self.parameters.drive)
        )

    def run(self, state, tokens):
        """The state after all ``tokens``, in order."""
        for token in tokens:
            state = self.update(state, token)
        return state
