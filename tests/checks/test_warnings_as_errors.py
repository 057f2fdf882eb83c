"""A project that makes errors of warnings, in an environment with plugins for pytest."""

from __future__ import annotations

from pathlib import Path

from tests.support.interpreter import interpreter

from improve.checks.stress import Stress, run_stress
from improve.records import TargetEnvironment


def test_plugins_that_were_imported_early_are_no_failure(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n")
    found = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
    )
    run = run_stress(tmp_path, found, ["test_it.py::test_it"], Stress(runs=2), 20)
    assert run.complete and not run.failures, run.log
