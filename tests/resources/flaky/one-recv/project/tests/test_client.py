import socket
import threading

import pytest

from client import ask, receive, send


@pytest.fixture
def service():
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = server.accept()
        with connection:
            question = receive(connection)
            send(connection, {"answer": question["number"] * 2, "text": "x" * 500})

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield server.getsockname()
    thread.join(10)
    server.close()


def test_a_question_is_answered(service):
    found = ask(service, {"number": 21, "comment": "please"})
    assert found["answer"] == 42
    assert len(found["text"]) == 500
