"""Call again what may fail for a moment."""

import time


def retry(call, attempts=3, pause=0.0):
    """The result of ``call``, which is tried ``attempts`` times; the last error when none works."""
    error = None
    for _ in range(attempts - 1):
        try:
            return call()
        except OSError as raised:
            error = raised
            time.sleep(pause)
    raise error
