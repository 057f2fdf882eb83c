"""What the ways out have in common: the list of them, and the calls that Python lacks."""

import ctypes
import os
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
WAYS = {}


def way(function):
    WAYS[function.__name__.replace("_", " ")] = function
    return function


def checked(done):
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return done


def opened_to_write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK))


def holds(path, canary):
    if canary not in Path(path).read_bytes():
        raise PermissionError("the secret is not there")
