import time

from logbook import Logbook


def test_all_lines_are_written_when_it_is_closed():
    written = []

    def disk(text):
        time.sleep(0.001)
        written.append(text)

    book = Logbook(disk)
    for number in range(2):
        book.note(f"line {number}")
    book.close()
    assert written == [f"line {number}" for number in range(2)]


def test_nothing_is_written_without_lines():
    written = []
    Logbook(written.append).close()
    assert written == []
