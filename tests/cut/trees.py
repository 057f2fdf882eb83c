"""Small trees of a target's files, and what the real pytest says about them."""

from __future__ import annotations

import subprocess
import textwrap
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.interpreter import interpreter

Files = dict[str, str]


def reader(files: Files) -> Callable[[str], str | None]:
    """The ``read`` that cuts get: dedented files by path."""
    return {path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()}.get


def write(root: Path, files: Files) -> None:
    """Lay a tree down."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


def outcomes(
    root: Path, node_ids: Sequence[str], key: str = "file"
) -> tuple[int, dict[str, list[str]]]:
    """Run pytest at ``root``: (exit code, "Type: first message line" of failures by file or name)."""
    report = root / "report.xml"
    report.unlink(missing_ok=True)
    command = [interpreter(), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", "-o", "junit_family=xunit1", *node_ids]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    told: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
        messages = [
            (child.get("message") or "").splitlines()[0]
            for child in case
            if child.tag in ("failure", "error")
        ]
        told.setdefault(case.get(key) or "", []).extend(messages)
    if not told:
        raise AssertionError(f"pytest ran nothing:\n{done.stdout}\n{done.stderr}")
    return done.returncode, told
