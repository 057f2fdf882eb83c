"""From text to seconds."""

UNITS = {"h": 3600, "m": 60, "s": 1}


def seconds(text):
    """Seconds of '90s', '5m' or '1h30m'."""
    return int(text[:-1]) * UNITS[text[-1]]
