"""Sessions of a chat: open until they are closed."""

import itertools
import weakref


class Session:
    """What one user said, in numbered lines."""

    def __init__(self, user):
        self.user = user
        self.said = []
        self.commands = {"say": self.say, "forget": self.said.clear}

    def say(self, text):
        """Keep a text."""
        self.said.append({"number": len(self.said) + 1, "text": text})

    def lines(self):
        """All of it."""
        return [f"{one['number']} {one['text']}" for one in self.said]


class Sessions:
    """All open sessions, by their number."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self._open = weakref.WeakValueDictionary()

    def open(self, user):
        """Begin a session; its number."""
        number = next(self._numbers)
        self._open[number] = Session(user)
        return number

    def command(self, number, name, *values):
        """Do something in an open session."""
        return self._open[number].commands[name](*values)

    def close(self, number):
        """End a session; what was said in it."""
        return self._open.pop(number).lines()
