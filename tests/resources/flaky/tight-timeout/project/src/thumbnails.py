"""Makes small pictures with several threads."""

import threading

PATIENCE = 0.008  # seconds for a picture


def shrink(rows, factor):
    """Every ``factor``-th value of every ``factor``-th row."""
    return [row[::factor] for row in rows[::factor]]


def thumbnails(pictures, factor=4):
    """Small pictures by name."""
    made = {}

    def work(name, rows):
        made[name] = shrink(rows, factor)

    threads = [threading.Thread(target=work, args=one) for one in pictures.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return made
