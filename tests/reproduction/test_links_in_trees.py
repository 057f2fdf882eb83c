"""Code of the target's runs between what we write into its tree: no link of its leads us out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError
from improve.records import CheckRun, Failure
from improve.reproduction import make
from improve.reproduction.lay_down import Layout, write_branch
from improve.workbench.bench import workbench

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
