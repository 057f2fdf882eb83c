"""The request contract: the bytes of info.json -> Request, or everything wrong with them."""

from __future__ import annotations

from pathlib import Path

from improve.contract.checking import check_request
from improve.contract.decoding import decode_json
from improve.contract.reading import read_json, read_request_bytes
from improve.contract.run_url import RunUrl, parse_run_url
from improve.records.request import Request

__all__ = [
    "RunUrl",
    "check_request",
    "decode_json",
    "load_request",
    "parse_run_url",
    "read_json",
    "read_request_bytes",
]


def load_request(path: Path) -> Request:
    """The request in the file at ``path``; RequestError tells all that is wrong with it."""
    return check_request(read_json(path), path.name or "info.json")
