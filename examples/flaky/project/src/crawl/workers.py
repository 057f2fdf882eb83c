"""The workers: each takes the next page until there is none."""

import queue
import threading

from crawl.progress import Progress


def crawl(pages, fetch, workers=4):
    """(content by page, progress) after every page was fetched once."""
    waiting, progress, found = queue.Queue(), Progress(len(pages)), {}
    for page in pages:
        waiting.put(page)

    def work():
        while True:
            try:
                page = waiting.get_nowait()
            except queue.Empty:
                return
            found[page] = fetch(page)
            progress.finished()

    threads = [threading.Thread(target=work, name=f"worker-{n}") for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, progress
