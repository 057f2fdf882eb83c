"""The dispatch workflow, its ``run:`` steps as written, from inputs to report; nothing is sent anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.hostile_inputs import CANARY, HOSTILE
from tests.support.repositories import git
from tests.support.shop import FILES, NODE
from tests.support.step_runner import Machine, load, obeyed, plain_environ, run_job
from tests.support.toolkit import Toolkit, log_of, request, toolkit

TOP = Path(__file__).parents[2]
WORKFLOW = TOP / ".github" / "workflows" / "auto-fix.yml"
COMMANDS = "::error::planted\n::add-mask::a\n##[error]planted\n"
TOKEN = "token-of-the-job"
INPUTS: dict[str, object] = {
    "prompt": "total is wrong", "deterministic": True, "ci_run_url": "", "raw_logs": "",
    "existing_test_path": "",
}  # fmt: skip
Start = Callable[..., Machine]


@pytest.fixture
def start(tmp_path: Path, shop: Path, edits: Path, cache: Path) -> Start:
    """A fresh machine for a job of the workflow: ``start('fix', prompt=...)``."""

    def make(job: str, needs: object = None, **inputs: object) -> Machine:
        contexts = {
            "inputs": {**INPUTS, **inputs},
            "github": {"token": TOKEN, "repository": "o/toolkit", "sha": "0" * 40},
            "needs": needs or {},
        }
        extra = {
            "IMPROVE_CACHE_DIR": str(cache),
            "IMPROVE_LADDER": "scripted",
            "IMPROVE_SCRIPTED_EDITS": str(edits),
        }
        return Machine(tmp_path / "machines" / job, {**plain_environ(), **extra}, contexts)

    return make


@pytest.fixture
def stands(tmp_path: Path, shop: Path, cache: Path) -> dict[str, Any]:
    """Plain copies in place of the actions."""
    kept = tmp_path / "artifacts"

    def checkout(given: Mapping[str, str], machine: Machine) -> None:
        assert given["persist-credentials"] == "false"
        place = machine.workspace / given["path"]
        if given["path"] == "toolkit":
            toolkit(place, cache)
        else:
            assert given["fetch-depth"] == "0"
            git(machine.workspace, "clone", "-q", str(shop.parent / "shop-origin.git"), str(place))

    def upload(given: Mapping[str, str], _machine: Machine) -> None:
        # As the real one: links are followed, dead ones left out, modes are lost.
        shutil.copytree(
            given["path"], kept / given["name"], copy_function=shutil.copyfile,
            ignore_dangling_symlinks=True, dirs_exist_ok=True,
        )  # fmt: skip

    def download(given: Mapping[str, str], _machine: Machine) -> None:
        shutil.copytree(kept / given["name"], given["path"], dirs_exist_ok=True)

    return {
        "actions/checkout": checkout,
        "actions/setup-python": lambda _given, _machine: None,
        "actions/upload-artifact": upload,
        "actions/download-artifact": download,
    }


@pytest.mark.slow
def test_from_inputs_to_report(start: Start, stands: dict[str, Any], shop: Path) -> None:
    jobs = load(WORKFLOW)["jobs"]
    fixing = start("fix", raw_logs=COMMANDS + log_of(FILES))
    outputs = run_job(jobs["fix"], fixing, stands)
    assert (fixing.ended, outputs) == ("success", {"fixed": "true", "status": "partial"}), (
        fixing.log
    )
    assert "not published yet" in fixing.summary
    assert obeyed(fixing.log) == [] and TOKEN not in fixing.log
    origin = shop.parent / "shop-origin.git"
    assert git(origin, "branch", "--format=%(refname:short)") == "main"
    publishing = start("publish", needs={"fix": {"outputs": outputs}})
    assert publishing.value(jobs["publish"]["if"]) is True
    shutil.rmtree(fixing.top)  # the other machine is gone
    run_job(jobs["publish"], publishing, stands)
    assert publishing.ended == "success", publishing.log
    assert "**Status:** ✅ Success" in publishing.summary
    branches = git(origin, "branch", "--format=%(refname:short)").splitlines()
    assert len(branches) == 2 and branches[0].startswith("fix/total-is-wrong")
    assert git(origin, "diff", "--name-only", "main", branches[0]) == "shop.py"
    assert obeyed(publishing.log) == [] and TOKEN not in publishing.log


@pytest.mark.slow
def test_the_composite_action_leaves_patch_and_report_and_publishes_nothing(
    start: Start, stands: dict[str, Any], shop: Path
) -> None:
    action = load(TOP / "action.yml")
    inputs = {name: one.get("default", "") for name, one in action["inputs"].items()}
    inputs |= {"prompt": "total is wrong", "existing-test-path": NODE, "token": TOKEN}
    machine = start("action", **inputs)
    kit = toolkit(machine.top / "action", Path(machine.environ["IMPROVE_CACHE_DIR"]))
    git(machine.top, "clone", "-q", str(shop.parent / "shop-origin.git"), str(machine.workspace))
    machine.environ = {**machine.environ, "GITHUB_ACTION_PATH": str(kit.top)}
    values = {name: one["value"] for name, one in action["outputs"].items()}
    outputs = run_job({**action["runs"], "outputs": values}, machine, stands)
    assert machine.ended == "success", machine.log
    assert (outputs["fixed"], outputs["branch"]) == ("true", "fix/total-is-wrong")
    assert "+    for price in prices:" in Path(outputs["patch"]).read_text()
    assert Path(outputs["report"]).read_text() == machine.summary
    assert git(shop.parent / "shop-origin.git", "branch", "--format=%(refname:short)") == "main"
    assert git(machine.workspace, "status", "--porcelain") == ""


def test_run_sh_switches_commands_off_too(shop: Path, kit: Toolkit, tmp_path: Path) -> None:
    info = request(tmp_path / "request", shop, prompt="x", agents=["::error::x\n::error::y"])
    ended = kit.run("--validate", "--request", info, GITHUB_ACTIONS="true")
    assert ended.code == 2 and ended.err.startswith("::stop-commands::")
    assert obeyed(ended.err + "\n::error::after") == ["::error::after"]


@pytest.mark.slow
def test_without_a_fix_the_report_is_kept_and_nothing_is_published(
    start: Start, stands: dict[str, Any], edits: Path
) -> None:
    (edits / "edit.patch").unlink()
    jobs = load(WORKFLOW)["jobs"]
    fixing = start("fix", existing_test_path=NODE)
    outputs = run_job(jobs["fix"], fixing, stands)
    assert outputs["fixed"] == "false", fixing.log
    assert "The failure is reproduced" in fixing.summary
    publishing = start("publish", needs={"fix": {"outputs": outputs}})
    assert publishing.value(jobs["publish"]["if"]) is False


def request_steps(job: Mapping[str, Any]) -> dict[str, Any]:
    """The job up to the step that reads the inputs."""
    ids = [step.get("id") for step in job["steps"]]
    return {"steps": job["steps"][: ids.index("request") + 1]}


@pytest.mark.slow
def test_no_hostile_input_is_executed(start: Start, stands: dict[str, Any], tmp_path: Path) -> None:
    job = request_steps(load(WORKFLOW)["jobs"]["fix"])
    first = start("fix")
    run_job({"steps": job["steps"][:-1]}, first, stands)
    for name in ("prompt", "raw_logs", "ci_run_url", "existing_test_path"):
        for kind, text in HOSTILE.items():
            good = (
                {} if name in ("ci_run_url", "existing_test_path") else {"existing_test_path": NODE}
            )
            machine = start("fix", **{**good, name: text})
            run_job({"steps": job["steps"][-1:]}, machine, stands)
            told = f"{name}: {kind}:\n{machine.log}"
            assert not list(tmp_path.rglob(CANARY)), told
            assert obeyed(machine.log) == [] and TOKEN not in machine.log, told
            assert "\x1b" not in machine.log and "\u202e" not in machine.log, told
            assert set(machine.steps["request"]["outputs"].values()) <= {
                str(machine.temp / "info.json")
            }, told
            assert name != "prompt" or machine.ended == "success" or kind == "ansi", told


def test_the_same_texts_are_executed_where_a_script_holds_an_expression(start: Start) -> None:
    """The control of the test above: the runner of the steps does not protect by itself."""
    job = {"steps": [{"name": "bad", "run": "echo ${{ inputs.prompt }}"}]}
    ran = []
    for kind, text in HOSTILE.items():
        machine = start("fix", prompt=text)
        run_job(job, machine, {})
        place = machine.workspace / CANARY
        if place.exists():
            ran.append(kind)
            place.unlink()
    assert {"substitution", "backticks", "semicolon", "newline", "pipe"} <= set(ran)
