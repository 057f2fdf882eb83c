"""Amplifiers for connections: a stream has no messages, so it comes in other pieces, and later.

Only streams: a datagram is whole or not there at all. ``recv`` may give less than was asked for,
``send`` may take less than it got, and what one ``sendall`` sends may arrive in parts
(docs.python.org, socket). Nothing is reordered or lost.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import contextlib
import socket
import weakref

from improve_amplifiers_draw import Delays, at_end, generator, stays

PIECES = (1, 3, 16, 100)  # bytes, at most, of one recv
DELAYS = (0.0, 0.001, 0.005, 0.02)  # seconds between two parts, at most
MOST_CUTS = 200  # of a connection: a megabyte in pieces of one byte would be slow, which is
MOST_CUTS_ALL = 20000  # something else
WHOLE = getattr(socket, "MSG_PEEK", 0) | getattr(socket, "MSG_WAITALL", 0)


class Cuts:
    """What is drawn for the connections of one run."""

    def __init__(self, seed):
        self.draw, self.delays, self.left = generator("sockets", seed), Delays(), MOST_CUTS_ALL
        self.piece, self.longest = self.draw.choice(PIECES), self.draw.choice(DELAYS)
        self.cuts, self.pauses = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()
        at_end(lambda: ["cuts"] if self.left <= 0 else [])

    def applies(self, connection, size, flags):
        if connection.type != socket.SOCK_STREAM or flags & WHOLE or size < 2:
            return False
        cuts = self.cuts[connection] = self.cuts.get(connection, 0) + 1
        self.left -= cuts <= MOST_CUTS
        return cuts <= MOST_CUTS and self.left > 0

    def part(self, size):
        return self.draw.randint(1, min(size, self.piece))

    def pause(self, connection):
        times = self.pauses[connection] = self.pauses.get(connection, 0) + 1
        self.delays.pause(self.draw.random() * self.longest, id(connection), times)


def socket_pieces(seed, _tree):
    """Streams arrive in small pieces and a little late."""
    cuts, usual = Cuts(seed), socket.socket
    recv, recv_into, send, sendall = usual.recv, usual.recv_into, usual.send, usual.sendall

    def recv_less(self, bufsize, flags=0):
        return recv(
            self, cuts.part(bufsize) if cuts.applies(self, bufsize, flags) else bufsize, flags
        )

    def recv_into_less(self, buffer, nbytes=0, flags=0):
        size = nbytes or memoryview(buffer).nbytes
        return recv_into(
            self, buffer, cuts.part(size) if cuts.applies(self, size, flags) else size, flags
        )

    def send_less(self, data, flags=0):
        view = memoryview(data).cast("B")
        if cuts.applies(self, len(view), flags):
            view = view[: max(1, cuts.draw.randint(1, len(view)))]
        return send(self, view, flags)

    def send_in_parts(self, data, flags=0):
        view = memoryview(data).cast("B")
        if not cuts.applies(self, len(view), flags) or self.gettimeout() == 0:
            return sendall(self, view, flags)
        middle = cuts.draw.randint(1, len(view) - 1)
        with at_once(self):
            sendall(self, view[:middle], flags)
            cuts.pause(self)
            return sendall(self, view[middle:], flags)

    for name, made in (
        ("recv", recv_less), ("recv_into", recv_into_less),
        ("send", send_less), ("sendall", send_in_parts),
    ):  # fmt: skip
        setattr(usual, name, made)
    stays(lambda: [getattr(usual, name) for name in ("recv", "recv_into", "send", "sendall")])
    return {"piece_bytes": cuts.piece, "piece_late_seconds": cuts.longest}


@contextlib.contextmanager
def at_once(connection):
    """Without Nagle's algorithm, which would hold the second part back for longer than we may."""
    where = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
    held = None
    with contextlib.suppress(OSError):
        held = connection.getsockopt(*where)
        connection.setsockopt(*where, 1)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if held is not None:
                connection.setsockopt(*where, held)
