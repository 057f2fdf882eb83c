"""Subscriptions that are paid each month."""

from datetime import date


def renewal(start):
    """The day on which a subscription of that day is paid again."""
    year = start.year + start.month // 12
    month = start.month % 12 + 1
    return start.replace(year=year, month=month)


class Subscription:
    """A reader and the days of paying."""

    def __init__(self, reader, started=None):
        self.reader = reader
        self.started = started or date.today()
        self.renews = renewal(self.started)

    def days(self):
        """Length of the month that is paid for."""
        return (self.renews - self.started).days
