"""Expected failures and the exit codes they end in.

Every error carries three sentences-worth of help: where it was met, what was found, and what
the user can do next. ``cli`` prints them; nothing else decides an exit code.

    ImproveError (1)          an expected failure
      +- RequestError (2)     info.json or the command line is wrong
      +- NotSignedIn (4)      a service refused our identity
      +- OutOfBudget (5)      minutes, attempts or money are used up
      +- AlreadyRunning (1)   another run holds the lock
      +- Unable (1)           a program or the disk failed us; nothing is known by that

Exit code 3 (our bug) and 130 (interrupted) are produced by ``cli`` itself.
"""

from __future__ import annotations


class ImproveError(Exception):
    """An expected failure: ``what`` happened, and the ``cure`` that the user can apply."""

    exit_code = 1

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.what}\n  -> {self.cure}" if self.cure else self.what


class RequestError(ImproveError):
    """The request or the command line cannot be used as it is."""

    exit_code = 2


class NotSignedIn(ImproveError):
    """A service needs a sign-in that this machine does not have."""

    exit_code = 4


class OutOfBudget(ImproveError):
    """A limit of the request or the settings was reached."""

    exit_code = 5


class AlreadyRunning(ImproveError):
    """Another run works on the same failure of the same repository."""


class Unable(ImproveError):
    """A program that we need, or the machine, did not do its part.

    It says nothing about the target, a patch or an agent, so nobody who judges those catches it:
    the phase ends, and is done again by ``--resume``.
    """
