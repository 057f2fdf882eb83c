"""A journal whose entries are stamped in UTC."""

from datetime import date, datetime, timezone


class Journal:
    """Entries with the time at which they were written."""

    def __init__(self):
        self._entries = []

    def write(self, text):
        """Add an entry."""
        self._entries.append((datetime.now(timezone.utc), text))

    def today(self):
        """The texts of today."""
        return [text for stamp, text in self._entries if stamp.date() == date.today()]
