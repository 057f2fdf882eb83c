import os
import signal


def test_fine():
    pass


def test_segv():
    os.kill(os.getpid(), signal.SIGSEGV)


def test_after():
    pass
