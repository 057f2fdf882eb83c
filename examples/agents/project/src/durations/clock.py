"""From seconds to what a clock shows."""


def clock(seconds):
    """5400 as '1:30:00'."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
