"""Collects parts from slow channels, with a limit on the attempts."""


class Channel:
    def __init__(self, parts):
        self.parts = list(parts)

    def receive(self):
        return self.parts.pop(0) if self.parts else None


def gather(channel, expected, attempts):
    """The parts, in order. Raises TimeoutError when they do not come in `attempts` attempts."""
    found = []
    for _ in range(attempts - 1):
        part = channel.receive()
        if part is not None:
            found.append(part)
        if len(found) == expected:
            return found
    raise TimeoutError(f"{len(found)} of {expected} parts after {attempts} attempts")
