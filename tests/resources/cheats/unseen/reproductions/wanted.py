# tests/test_want.py::test_want
import json
from pathlib import Path

from sums import total


def test_want():
    want = json.loads(Path("fixtures/want.json").read_text())
    assert total([3, 4]) == want["total"]
