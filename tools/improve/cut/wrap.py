"""What cannot be cut is wrapped: a small test that runs the original one."""

from __future__ import annotations

from collections.abc import Sequence

_WRAPPER = '''\
# Runs the original test as it stands{at}: it could not be cut out of its surroundings.
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ORIGINALS = {originals}
TOP = next(
    folder
    for folder in list(Path(__file__).resolve().parents)[3:]
    if (folder / ORIGINALS[0].partition("::")[0]).exists()
)


def test_original(tmp_path):
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", *ORIGINALS, f"--junitxml={{report}}"]
    command += ["-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return
    print(done.stdout, done.stderr, sep="\\n")
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        for kind in ("failure", "error"):
            if done.returncode in {codes} and (found := case.find(kind)) is not None:
                raise failure_like(found.get("message", ""), found.text or "")
    raise RuntimeError(f"the original test did not run: pytest ended with {{done.returncode}}")


def failure_like(message, text):
    """The original exception again: same name, same message."""
    last = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    told = message.partition(' with "')[2].rstrip('"') or message
    if message == "collection failure":
        told = last[-1] if last else message
    name, colon, rest = told.partition(": ")
    if not name.replace(".", "").isidentifier():
        return AssertionError(told)
    module, _, name = name.rpartition(".")
    return type(name, (Exception,), {{"__module__": module or "builtins"}})(*[rest] if colon else [])
'''


def wrap(node_ids: Sequence[str], commit: str | None = None) -> str:
    """Source of a test file with one test, ``test_original``, that runs the original node ids
    from the repository's top and raises their first failure again.

    It passes when they pass. What is no test failure (a usage error, an internal error, no
    tests) is raised as a RuntimeError that says so. Collection errors count only for an
    id that names a whole file. ValueError: no node ids.
    """
    if not node_ids:
        raise ValueError("nothing to wrap: no node ids")
    # pytest ends with 2 when a file could not be collected, which for a node id inside a file
    # says nothing of that test; asked for the file, it is the failure itself.
    codes = "(1, 2)" if all("::" not in n for n in node_ids) else "(1,)"
    listed = "[" + ", ".join(ascii(n) for n in node_ids) + "]"
    if len(listed) > 80:
        listed = "[\n" + "".join(f"    {n!a},\n" for n in node_ids) + "]"
    at = f" at commit {commit[:12]}" if commit else ""
    return _WRAPPER.format(at=at, originals=listed, codes=codes)
