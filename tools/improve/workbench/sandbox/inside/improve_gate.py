"""The one way out of a sandbox without a network: loopback PORT leads to a unix socket outside.

    python -I improve_gate.py PORT SOCKET PROGRAM [ARGUMENTS]

Starts the program, copies bytes both ways for each of its connections, and ends with its status.
"""

import contextlib
import os
import signal
import socket
import sys
import threading


def copy(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for one, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            one.shutdown(how)


def serve(client, address):
    with client, socket.socket(socket.AF_UNIX) as out:
        try:
            out.connect(address)
        except OSError:
            return
        back = threading.Thread(target=copy, args=(out, client), daemon=True)
        back.start()
        copy(client, out)
        back.join()


def accept(door, address):
    while True:
        client = door.accept()[0]
        threading.Thread(target=serve, args=(client, address), daemon=True).start()


def main():
    port, address, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    door = socket.create_server(("127.0.0.1", port), backlog=64)
    child = os.fork()
    if child == 0:
        door.close()
        try:
            os.execvp(argv[0], argv)  # noqa: S606 - there is no shell here on purpose
        except OSError as error:
            cure = "what it needs can be shown to it: sandbox-readable in improve.yaml"
            os.write(2, f"sandbox: {argv[0]}: {error.strerror} ({cure})\n".encode())
            os._exit(127)  # as shells do
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: os.kill(child, number))
    threading.Thread(target=accept, args=(door, address), daemon=True).start()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
