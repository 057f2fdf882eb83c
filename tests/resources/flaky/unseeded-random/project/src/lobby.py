"""Rooms of a game, opened with a code that is easy to say."""

import random

FIRST, LAST = 1000, 3249


class Lobby:
    """Rooms by their code."""

    def __init__(self):
        self.rooms = {}

    def open(self, host):
        """Open a room; its code."""
        code = random.randint(FIRST, LAST)
        self.rooms[code] = [host]
        return code

    def join(self, code, player):
        """Go into the room of a code."""
        self.rooms[code].append(player)
