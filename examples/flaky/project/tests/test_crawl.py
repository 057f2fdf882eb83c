from crawl import Progress, crawl

PAGES = [f"/page/{number}" for number in range(8)]


def fetch(page):
    return f"content of {page}"


def test_every_page_is_fetched():
    found, _ = crawl(PAGES, fetch)
    assert found == {page: fetch(page) for page in PAGES}


def test_progress_counts_every_page():
    _, progress = crawl(PAGES, fetch)
    assert progress.done == 8


def test_one_worker_is_enough():
    found, progress = crawl(PAGES[:3], fetch, workers=1)
    assert len(found) == 3 and progress.complete()


def test_progress_is_told_in_words():
    progress = Progress(2)
    progress.finished()
    assert progress.lines == ["1 of 2"]
