import threading

from connections import Connection, connection


def test_everybody_gets_the_same_connection():
    start, got = threading.Barrier(4), []

    def ask():
        start.wait(10)
        got.append(connection().number)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(got) == 4
    assert len(set(got)) == 1


def test_a_connection_keeps_what_was_sent():
    one = Connection("elsewhere")
    one.send("hello")
    assert one.sent == ["hello"]
