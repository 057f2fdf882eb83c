"""How far a crawl has come, told by all workers together."""


class Progress:
    """Counts pages; ``lines`` are what a terminal shows."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.lines = []

    def finished(self, pages=1):
        """One worker has finished some pages."""
        done = self.done + pages
        self.lines.append(f"{done} of {self.total}")
        self.done = done

    def complete(self):
        """Whether nothing is left to do."""
        return self.done == self.total
