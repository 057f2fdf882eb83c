"""Writes lines in the background, so that nobody waits for the disk."""

import queue
import threading

PATIENCE = 0.008  # seconds


class Logbook:
    """``write`` (text -> None) is called by one thread, in the order of the lines."""

    def __init__(self, write):
        self._write = write
        self._lines = queue.Queue()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def note(self, text):
        """Have a line written."""
        self._lines.put(text)

    def close(self):
        """Write what is left, and end."""
        self._lines.put(None)
        self._thread.join(PATIENCE)

    def _work(self):
        while (text := self._lines.get()) is not None:
            self._write(text)
