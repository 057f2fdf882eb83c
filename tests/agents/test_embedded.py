"""The embedded agent repairs small real projects, and leaves alone what it cannot repair."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support import tasks
from tests.support.interpreter import interpreter

from improve.agents import embedded
from improve.agents.embedded_files import python_files, related_tests
from improve.agents.protocol import Outcome
from improve.checks.pytest_check import run_pytest
from improve.checks.warm import warm_server
from improve.records import TargetEnvironment
from improve.workbench.environ import test_environ as environ_of_tests

PROJECTS = Path(__file__).parents[1] / "resources" / "projects"
REPAIRS = {
    "gather_timeout": ("gather.py", "range(attempts)"),
    "swapped_comparison": ("stock.py", "level < minimum"),
    "missing_import": ("shop/receipt.py", "from decimal import Decimal"),
    "dict_changed_size": ("src/sessions.py", "in list(sessions)"),
    "wrong_variable": ("grid.py", "for x in range(width)"),
    "name_typo": ("mean.py", "total += value\n"),
    "wrong_default": ("pages.py", "number=1"),
    "mutable_default": ("collect.py", "into = []"),
}


def work(tree: Path, scratch: Path, *, seconds: float, warm: bool = True) -> Outcome:
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=("src", ".")
    )
    first = run_pytest(tree, environment, (), timeout=60)
    failing = tuple(n for n, o in first.outcomes.items() if o in ("failed", "error"))
    assert failing, first.log
    world = environ_of_tests(tree, environment, scratch)
    return embedded.work(
        tasks.make(
            tree,
            scratch,
            lambda: run_pytest(tree, environment, failing, timeout=60),
            failure=first.failures[0],
            node_ids=failing,
            environment=environment,
            seconds_left=tasks.seconds(seconds),
            run_related=lambda nodes: run_pytest(tree, environment, nodes, timeout=60),
            test_environ=lambda: world,
            warm=(lambda: warm_server(tree, interpreter(), world, seconds)) if warm else None,
        )
    )


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def project(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECTS / name, tmp_path / "tree"))


def texts(tree: Path) -> dict[str, bytes]:
    return {p: (tree / p).read_bytes() for p in python_files(tree)}


# Those whose search takes longest; each of their operators is tested by itself with each push.
LONG = ("mutable_default", "wrong_variable", "wrong_default", "swapped_comparison")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.nightly] if one in LONG else []) for one in REPAIRS],
)
def test_it_repairs(name: str, tmp_path: Path, scratch: Path) -> None:
    tree = project(name, tmp_path)
    before = texts(tree)
    outcome = work(tree, scratch, seconds=120)
    path, wanted = REPAIRS[name]
    after = texts(tree)
    assert outcome.changed, outcome
    assert [p for p in before if before[p] != after[p]] == [path]
    assert wanted in after[path].decode(), after[path].decode()
    assert outcome.suspicious and path in " ".join(outcome.suspicious)
    assert path in outcome.explanation and outcome.tried > 0
    # The same repair has to give the same commit, so how long the search took is not in it.
    assert "candidates" not in outcome.explanation


@pytest.mark.slow
def test_what_it_cannot_repair_is_left_byte_for_byte(tmp_path: Path, scratch: Path) -> None:
    tree = project("hopeless", tmp_path)
    before = texts(tree)
    outcome = work(tree, scratch, seconds=60)
    assert not outcome.changed and "none made the reproduction pass" in outcome.gave_up
    assert texts(tree) == before


@pytest.mark.slow
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_without_fork_each_candidate_is_written_and_taken_back(
    tmp_path: Path, scratch: Path, newline: str
) -> None:
    tree = project("name_typo", tmp_path)
    path = tree / "mean.py"
    original = path.read_text().replace("\n", newline).encode()
    path.write_bytes(original)
    outcome = work(tree, scratch, seconds=120, warm=False)
    assert outcome.changed, outcome
    assert path.read_bytes() == original.replace(b"valeu", b"value")


def test_related_tests_are_those_that_name_the_module() -> None:
    tree = PROJECTS / "gather_timeout"
    files = python_files(tree)
    assert files == ("gather.py", "tests/test_gather.py")
    assert related_tests(tree, files, ["gather.py"]) == ("tests/test_gather.py",)
    assert related_tests(tree, files, ["pkg/other.py"]) == ()


def test_it_is_always_there() -> None:
    assert embedded.unavailable({}) is None
