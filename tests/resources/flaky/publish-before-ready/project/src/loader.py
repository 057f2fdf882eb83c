"""Loads a configuration in the background."""

import json
import threading


class Loader:
    """``ready`` is set when ``values`` can be used."""

    def __init__(self, read):
        self.ready = threading.Event()
        self.values = None
        self.version = None
        self._thread = threading.Thread(target=self._load, args=(read,), daemon=True)

    def start(self):
        """Begin to load."""
        self._thread.start()

    def _load(self, read):
        text = read()
        found = json.loads(text)
        self.ready.set()
        self.version = found.pop("version")
        self.values = found
