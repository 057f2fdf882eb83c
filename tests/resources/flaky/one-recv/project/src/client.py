"""Asks a service: one JSON document a line, over TCP."""

import json
import socket


def send(connection, document):
    """Write a document."""
    connection.sendall(json.dumps(document).encode() + b"\n")


def receive(connection):
    """Read the next document."""
    data = connection.recv(65536)
    return json.loads(data)


def ask(address, question):
    """The answer to a question."""
    with socket.create_connection(address, timeout=10) as connection:
        send(connection, question)
        return receive(connection)
