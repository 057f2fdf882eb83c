"""Code of the target's runs between what we write into its tree: no link of its leads us out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.repositories import git, repository, write

from improve.checks.pytest_check import run_pytest
from improve.errors import ImproveError
from improve.records import CheckRun, Failure, TargetEnvironment
from improve.reproduction import make
from improve.reproduction.lay_down import Layout, write_branch
from improve.workbench.bench import workbench

RECORD = """
import glob, os
def test_it(request):
    for place in glob.glob(os.path.dirname(os.environ["HOME"]) + "/**/record.jsonl", recursive=True):
        os.unlink(place)
        LEFT
        print("replaced")
    assert 0
"""
TEST = "def test_total():\n    assert 1 == 2\n"


def test_the_cut_test_is_not_written_through_a_link_that_the_last_run_left(
    tmp_path: Path, sealed: Path
) -> None:
    """A test that puts a link in its own place would have Python code of its own put anywhere."""
    user = repository(tmp_path / "user", {"tests/test_shop.py": TEST})
    goal = sealed / "usercustomize.py"
    place = Path()
    runs = 0

    def run(nodes: tuple[str, ...]) -> CheckRun:
        nonlocal runs
        runs += 1
        place.unlink()
        place.symlink_to(goal)
        return CheckRun(command=("pytest",), returncode=0, complete=True, seconds=0.1)

    with workbench(user / ".git", tmp_path / "bench", ("Test", "test@example.invalid")) as bench:
        tree = bench.tree("run", git(user, "rev-parse", "HEAD"))
        layout = Layout("", "shop")
        place = tree.path / layout.test
        with pytest.raises(ImproveError, match="no test made from it fails"):
            make.make_test(
                node_id="tests/test_shop.py::test_total", tree=tree, layout=layout,
                observed=Failure(node_id="tests/test_shop.py::test_total", error_type="AssertionError"),
                commit=tree.commit, run=run, left=lambda: 100.0, progress=lambda _: None,
            )  # fmt: skip
        assert runs > 1, "the control: it was written again after a run"
        assert not goal.exists()
        place.unlink()
        place.symlink_to(goal)
        write_branch(tree, {layout.test: b"x = 1\n"}, "shop", "a reproduction")
        assert tree.git.must("show", f"repro/shop:{layout.test}") == b"x = 1\n"
    assert not goal.exists()


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_a_record_that_the_test_replaced_is_none(tmp_path: Path, sealed: Path, kind: str) -> None:
    """A pipe in its place would be read for ever, outside of every time limit."""
    link = f"os.symlink({str(sealed / 'said')!r}, place)"
    left = link if kind == "link" else "os.mkfifo(place)"
    write(tmp_path, {"tree/test_it.py": RECORD.replace("LEFT", left)})
    (sealed / "said").write_text('{"kind": "end", "status": 0}\n')
    here = TargetEnvironment(python=interpreter(), python_version="3", key="", source="")
    done = run_pytest(tmp_path / "tree", here, ["test_it.py"], timeout=20)
    assert not done.complete and "replaced" in done.log, done.log
