"""Threads that take chunks from one channel and send results to another."""

import threading
import time

from datamovement.channel import Channel
from datamovement.chunks import Chunk
from datamovement.gather import gather
from datamovement.scatter import scatter


class Worker(threading.Thread):
    """Applies ``function`` to every value of ``count`` chunks, then ends."""

    def __init__(self, function, count, patience=2.0):
        super().__init__(daemon=True)
        self.inbox = Channel()
        self.outbox = Channel()
        self.count = count
        self._function = function
        self._patience = patience

    def run(self):
        deadline = time.monotonic() + self._patience
        for _ in range(self.count):
            chunk = self.inbox.receive(deadline)
            if chunk is None:
                return
            self.outbox.send(Chunk(chunk.index, tuple(map(self._function, chunk.values))))


def map_chunks(function, values, size, workers=2, timeout=5.0):
    """``[function(v) for v in values]``, computed by ``workers`` threads in chunks of ``size``."""
    values = list(values)
    pool = [Worker(function, 0) for _ in range(workers)]
    counts = scatter(values, size, [worker.inbox for worker in pool])
    for worker, count in zip(pool, counts):
        worker.count = count
        worker.start()
    return gather([worker.outbox for worker in pool], len(values), size, timeout)
