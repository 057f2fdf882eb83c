"""The workflow stress.yml, its ``run:`` steps as written: a share a machine, then one verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.action_stands import stands_in
from tests.support.repositories import git, repository
from tests.support.step_runner import Machine, Stand, load, obeyed, plain_environ, run_job
from tests.support.toolkit import HERE, toolkit

WORKFLOW = HERE / ".github" / "workflows" / "stress.yml"
EXAMPLE = HERE / "examples" / "flaky" / "project"
TEST = "reproduce-ND-failures/short-count/tests/test_short_count.py"
PROGRESS = "src/crawl/progress.py"
SKIPPED = (
    "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef _not_now():\n    pytest.skip('x')\n"
)
HOSTILE = "$(touch planted)`touch planted`'\"; touch planted #"
Run = Callable[..., Machine]


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """The example's repository, where the test lies on another branch than the fix."""
    files = {
        one.relative_to(EXAMPLE).as_posix(): one.read_text()
        for one in sorted(EXAMPLE.rglob("*"))
        if one.suffix in (".py", ".toml")
    }
    test = files["tests/test_crawl.py"]
    place = repository(tmp_path / "crawl", files, origin=True)
    fixed = files[PROGRESS].replace("class Progress", "import threading\n\n\nclass Progress")
    fixed = fixed.replace(
        "        self.lines = []", "        self.lines, self.lock = [], threading.Lock()"
    )
    fixed = fixed.replace(
        "        done = self.done", "        self.lock.acquire()\n        done = self.done"
    )
    fixed = fixed.replace(
        "        self.done = done", "        self.done = done\n        self.lock.release()"
    )
    branches = {
        "fix/short-count": {PROGRESS: fixed},
        "fix/skips": {"conftest.py": SKIPPED},
        "repro/short-count": {TEST: test},
    }
    for branch, changed in branches.items():
        git(place, "checkout", "-q", "-b", branch, "main")
        for path, text in changed.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", branch)
        git(place, "push", "-q", "origin", branch)
    return place.parent / "crawl-origin.git"


@pytest.fixture
def run(tmp_path: Path, origin: Path, cache: Path) -> Run:
    """``run("measure", shard=1, **inputs)`` is one job on a fresh machine."""
    jobs = load(WORKFLOW)["jobs"]
    stands: dict[str, Stand] = stands_in(
        tmp_path / "artifacts", origin, lambda place: toolkit(place, cache)
    )

    def job(name: str, shard: int = 0, **inputs: str) -> Machine:
        given: dict[str, Any] = {
            "test": TEST, "setting": "thread-noise", "fix": "fix/short-count",
            "test_from": "repro/short-count", "before": "", "machines": "2", "minutes": "5",
            "runs": "40", **inputs,
        }  # fmt: skip
        contexts = {"inputs": given, "matrix": {"shard": shard},
                    "github": {"repository": "o/toolkit", "sha": "0" * 40}}  # fmt: skip
        environ = {**plain_environ(), "IMPROVE_CACHE_DIR": str(cache)}
        count = len(list((tmp_path / "machines").glob("*")))
        machine = Machine(tmp_path / "machines" / f"{name}-{count}", environ, contexts)
        run_job(jobs[name], machine, stands)
        return machine

    return job


def test_every_choice_of_machines_has_its_shares() -> None:
    workflow = load(WORKFLOW)
    choices = workflow["on"]["workflow_dispatch"]["inputs"]["machines"]["options"]
    matrix = workflow["jobs"]["measure"]["strategy"]["matrix"]["shard"]
    for number in choices:
        shares = json.dumps(list(range(1, int(number) + 1)))
        said = f"inputs.machines == '{number}' && '{shares}'"
        assert said in matrix or matrix.endswith(f"|| '{shares}') }}}}"), f"{number}: {matrix}"


@pytest.mark.nightly
def test_shares_of_two_machines_are_one_verdict(run: Run, tmp_path: Path) -> None:
    measured = [run("measure", shard) for shard in (1, 2)]
    assert [one.ended for one in measured] == ["success"] * 2, measured[0].log + measured[1].log
    judged = run("judge")
    assert judged.ended == "success", judged.log
    said = judged.summary.replace("\\", "")
    assert "of 80 runs failed before, 0 of 80 after" in said and "on 2 machines" in said, said
    assert "**Status:** ✅ Success" in said and "thread-noise" in said
    assert obeyed("".join(one.log for one in (*measured, judged))) == []
    found = json.loads(
        next((tmp_path / "artifacts" / "improve-stress").rglob("stress.json")).read_text()
    )
    assert (found["outcome"], found["machines"]) == ("gone", 2)
    seeds = found["before"][0]["rate"]["seeds"]
    assert len(seeds) == len(set(seeds)) and {seed // 10_000_000 for seed in seeds} == {1, 2}
    # One machine is lost: nothing is judged, and the summary names it.
    shutil.rmtree(tmp_path / "artifacts" / "improve-share-2")
    shutil.rmtree(tmp_path / "artifacts" / "improve-stress")
    lost = run("judge")
    assert lost.ended == "failure", lost.log
    assert "1 share of 2 missing: 2" in lost.summary, lost.summary


@pytest.mark.nightly
def test_a_fix_that_skips_the_test_and_inputs_that_are_programs_end_the_share(run: Run) -> None:
    skips = run("measure", 1, fix="fix/skips")
    assert skips.ended == "failure"
    assert "With the fix" in skips.log and "does not run at" not in skips.log, skips.log
    assert "is not run any more" in skips.log, skips.log
    for inputs in ({"test": HOSTILE}, dict.fromkeys(("setting", "fix", "test_from"), HOSTILE)):
        planted = run("measure", 1, **inputs)
        assert planted.ended == "failure", f"{list(inputs)}: {planted.log}"
        assert not list(planted.top.rglob("planted")), f"{list(inputs)}: run by a shell"
