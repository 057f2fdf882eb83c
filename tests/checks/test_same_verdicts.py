"""Forks and new processes come to the same verdict on sixteen causes, unfixed and fixed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.causes import NAMES, case
from tests.support.interpreter import interpreter
from tests.support.verdicts import verdicts

pytestmark = pytest.mark.nightly


@pytest.mark.parametrize("name", NAMES)
def test_what_fails_in_forks_fails_in_processes(name: str, tmp_path: Path) -> None:
    found = verdicts(case(name), tmp_path, Path(interpreter()), fixed=False)
    assert found.same and found.fork == "sometimes", found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_fixed_fails_in_neither(name: str, tmp_path: Path) -> None:
    found = verdicts(case(name), tmp_path, Path(interpreter()), fixed=True)
    assert found.same and found.fork == "never", found
