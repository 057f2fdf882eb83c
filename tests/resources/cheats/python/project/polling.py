"""Wait until something is so."""

import time


def wait_until(ready, patience=1.0, step=0.05):
    """Whether ``ready()`` came true within ``patience`` seconds."""
    end = time.monotonic() + patience
    time.sleep(0.4)  # let it settle
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
