"""What atheris calls: `python fuzz_target.py request|log CORPUS [libFuzzer options]`.

A traceback or an input that takes over five seconds ends it with a status and the input in a file.
"""

from __future__ import annotations

import os
import sys

import atheris

with atheris.instrument_imports(include=["improve.contract", "improve.evidence"]):
    from improve.contract import check_request, decode_json
    from improve.evidence import distil

from improve.errors import RequestError


def request(data: bytes) -> None:
    """Taken or refused; every other end is a finding."""
    try:
        check_request(decode_json(data))
    except RequestError as error:
        str(error).encode()
        if os.environ.get("FUZZ_BROKEN"):
            raise KeyError("broken on purpose") from error


def log(data: bytes) -> None:
    """Read, whatever it is; what is told can be written."""
    distil(data.split(b"\n")).model_dump_json()


if __name__ == "__main__":
    judge = {"request": request, "log": log}[sys.argv.pop(1)]
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
