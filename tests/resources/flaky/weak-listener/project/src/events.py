"""Tells listeners what happens; a listener that nobody needs any more is forgotten."""

import weakref


class Bus:
    """Listeners of one program."""

    def __init__(self):
        self._listeners = weakref.WeakSet()

    def add(self, listener):
        """From now on ``listener.hear(event)`` is called."""
        self._listeners.add(listener)

    def send(self, event):
        """Tell everybody."""
        for listener in list(self._listeners):
            listener.hear(event)


class Writer:
    """Writes each event into ``lines``, with the name of its part."""

    def __init__(self, name, lines):
        self.name = name
        self.lines = lines
        self.handlers = {"*": self.hear}

    def hear(self, event):
        """Write it."""
        self.lines.append(f"{self.name}: {event}")


def logging_bus(*names):
    """A bus that writes what it hears, and the lines."""
    bus, lines = Bus(), []
    for name in names:
        bus.add(Writer(name, lines))
    return bus, lines
