"""The warm runner tells the same as a process each, much sooner, and touches nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.support.interpreter import interpreter

from improve.checks.warm import WarmServer, warm_server
from improve.errors import ImproveError
from improve.repair.localise import parse_traces

PRODUCT = "SIZE = 2\n\ndef f(x):\n    return x - SIZE\n\ndef g(x, by=1):\n    return x + by\n"
TESTS = """\
import a, os, sys, time, pytest

def test_f(): assert a.f(1) == 3
def test_g(): assert a.g(1) == 2
@pytest.mark.parametrize("x", [1, 2], ids=["a b", "[c]"])
def test_p(x): assert a.f(x) == x + 2
"""
ENVIRON = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
FILE = "test_a.py"


def project(folder: Path) -> Path:
    (folder / "a.py").write_text(PRODUCT)
    (folder / FILE).write_text(TESTS)
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by all tests: the server must never change it."""
    return project(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def server(tree: Path) -> Iterator[WarmServer]:
    with warm_server(tree, interpreter(), ENVIRON, 300) as running:
        yield running


def test_candidates_are_judged_without_touching_the_tree(server: WarmServer, tree: Path) -> None:
    nodes = server.open("s", [FILE], 30)
    assert nodes[:2] == (f"{FILE}::test_f", f"{FILE}::test_g")
    good = PRODUCT.replace("x - SIZE", "x + SIZE")
    before = server.run([FILE], 20, session="s", stop=False)
    assert before.outcomes[nodes[0]] == "failed" and "assert" in before.messages[nodes[0]]
    assert before.outcomes[nodes[1]] == "passed"
    after = server.run([FILE], 20, session="s", files={tree / "a.py": good})
    assert (after.ok, after.how) == (True, "session")
    assert not server.run([FILE], 20, session="s").ok, "a candidate must not outlive its run"
    assert (tree / "a.py").read_text() == PRODUCT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SIZE = 2", "SIZE = -2"),
        (
            "SIZE = 2\n\ndef f(x):\n    return x - SIZE",
            "SIZE = 5\n\ndef f(x):\n    return x - SIZE + 7",
        ),
        ("x - SIZE\n", "x + SIZE\n\ndef h():\n    return 1\n"),
    ],
)
def test_changes_outside_of_a_body_take_a_fresh_import(
    server: WarmServer, tree: Path, old: str, new: str
) -> None:
    server.open("s", [FILE], 30)
    run = server.run([FILE], 20, session="s", files={tree / "a.py": PRODUCT.replace(old, new)})
    assert (run.ok, run.how) == (True, "fresh")


def test_a_default_value_is_seen(server: WarmServer, tree: Path) -> None:
    server.open("s", [FILE], 30)
    text = PRODUCT.replace("by=1", "by=5")
    run = server.run([f"{FILE}::test_g"], 20, session="s", files={tree / "a.py": text})
    assert run.outcomes == {f"{FILE}::test_g": "failed"}


def test_one_of_several_parameter_sets_is_run_alone(server: WarmServer) -> None:
    wanted = f"{FILE}::test_p[a b]"
    server.open("s", [FILE], 30)
    assert list(server.run([wanted], 20, session="s").outcomes) == [wanted]


def test_a_candidate_that_hangs_is_ended_in_time(server: WarmServer, tree: Path) -> None:
    server.open("s", [FILE], 30)
    text = PRODUCT.replace("return x - SIZE", "\n    while True: pass")
    began = time.monotonic()
    run = server.run([FILE], 1, session="s", files={tree / "a.py": text})
    assert run.timed_out and not run.ok
    assert time.monotonic() - began < 15
    good = PRODUCT.replace("x - SIZE", "x + SIZE")
    assert server.run([FILE], 20, session="s", files={tree / "a.py": good}).ok


@pytest.mark.parametrize(
    "body",
    [
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "1 +",
        "import os; x > 1 and os._exit(0); return x + SIZE",
    ],
)
def test_what_ends_early_or_does_not_compile_is_not_a_pass(
    server: WarmServer, tree: Path, body: str
) -> None:
    server.open("s", [FILE], 30)
    text = PRODUCT.replace("return x - SIZE", body)
    assert not server.run([FILE], 10, session="s", files={tree / "a.py": text}).ok


def test_without_a_collected_session_every_run_is_fresh(tmp_path: Path) -> None:
    tree = project(tmp_path)
    (tree / "a.py").write_text("import nowhere\n" + PRODUCT)
    good = PRODUCT.replace("x - SIZE", "x + SIZE")
    with warm_server(tree, interpreter(), ENVIRON, 60) as server:
        assert server.open("s", [FILE], 30) == ()
        assert not server.run([FILE], 20, session="s").ok
        run = server.run([FILE], 20, session="s", files={tree / "a.py": good})
    assert (run.ok, run.how) == (True, "fresh")


def test_lines_are_traced_per_test(server: WarmServer, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    server.run([FILE], 20, stop=False, trace=path)
    found = {t.node_id.split("::")[1]: t for t in parse_traces(path.read_text())}
    assert found["test_f"].failed and not found["test_g"].failed
    assert found["test_f"].lines["a.py"] >= {4} and 7 not in found["test_f"].lines["a.py"]
    assert found["test_g"].lines["a.py"] >= {7} and 4 not in found["test_g"].lines["a.py"]


def test_a_python_without_pytest_is_told(tree: Path) -> None:
    broken = {**ENVIRON, "PYTHONHOME": "/nowhere"}
    with (
        pytest.raises(ImproveError, match="did not start"),
        warm_server(tree, interpreter(), broken, 5),
    ):
        pass


def test_a_python_that_hangs_at_its_start_is_not_left_behind(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("improve.checks.warm.START_SECONDS", 0.5)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\necho here >{tree}/started\nexec sleep 3601\n")
    python.chmod(0o755)
    with (
        pytest.raises(ImproveError, match="did not start"),
        warm_server(tree, str(python), ENVIRON, 60),
    ):
        pass
    assert (tree / "started").exists(), "the control: it ran"
    (tree / "started").unlink()
    left = [
        one.pid for one in psutil.process_iter(["cmdline"]) if "3601" in (one.info["cmdline"] or ())
    ]
    assert left == []


@pytest.mark.slow
def test_a_held_session_is_many_times_as_fast_as_a_process_each(
    server: WarmServer, tree: Path
) -> None:
    server.open("s", [FILE], 30)
    good = PRODUCT.replace("x - SIZE", "x + SIZE")
    rates = {}
    for session, count in (("s", 60), ("", 5)):
        began = time.monotonic()
        for number in range(count):
            text = good.replace("x + by", f"x + by + {number} * 0")
            assert server.run([FILE], 20, session=session, files={tree / "a.py": text}).ok
        rates[session] = count / (time.monotonic() - began)
    assert rates["s"] > 4 * rates[""], rates
