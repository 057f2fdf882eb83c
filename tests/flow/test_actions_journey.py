"""The workflow started by hand, its ``run:`` steps as written, from inputs to report; nothing is sent anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.action_stands import stands_in
from tests.support.hostile_inputs import CANARY, HOSTILE
from tests.support.repositories import git
from tests.support.shop import FILES, NODE
from tests.support.step_runner import Machine, Stand, load, obeyed, plain_environ, run_job
from tests.support.toolkit import Toolkit, log_of, request, toolkit
from tests.support.workflow_runner import WORKFLOW, Contexts, Start, run_workflow

TOP = Path(__file__).parents[2]
COMMANDS = "::error::planted\n::add-mask::a\n##[error]planted\n"
TOKEN = "token-of-the-job"
INPUTS: Contexts = {
    "prompt": "total is wrong", "deterministic": True, "ci_run_url": "", "raw_logs": "",
    "existing_test_path": "", "slower_than": "", "requests": "",
}  # fmt: skip


def by_hand(**inputs: object) -> Contexts:
    """The contexts of a run started with these inputs."""
    github = {"token": TOKEN, "repository": "o/toolkit", "sha": "0" * 40, "event": {}}
    return {
        "inputs": {**INPUTS, **inputs},
        "github": {**github, "event_name": "workflow_dispatch"},
        "vars": {},
        "secrets": {},
    }


@pytest.fixture
def start(tmp_path: Path, shop: Path, edits: Path, cache: Path) -> Start:
    """A fresh machine for a job of the workflow."""

    def make(job: str, contexts: Contexts) -> Machine:
        extra = {
            "IMPROVE_CACHE_DIR": str(cache),
            "IMPROVE_LADDER": "scripted",
            "IMPROVE_SCRIPTED_EDITS": str(edits),
            "GITHUB_EVENT_NAME": str(contexts["github"].get("event_name", "")),
            "GITHUB_REPOSITORY": str(contexts["github"]["repository"]),
        }
        return Machine(tmp_path / "machines" / job, {**plain_environ(), **extra}, contexts)

    return make


@pytest.fixture
def stands(tmp_path: Path, shop: Path, cache: Path) -> dict[str, Stand]:
    origin = shop.parent / "shop-origin.git"
    return stands_in(tmp_path / "artifacts", origin, lambda place: toolkit(place, cache))


def branches(shop: Path) -> list[str]:
    return git(shop.parent / "shop-origin.git", "branch", "--format=%(refname:short)").splitlines()


@pytest.mark.nightly
@pytest.mark.slow
def test_from_a_list_of_requests_to_their_reports(
    start: Start, stands: dict[str, Stand], shop: Path, tmp_path: Path
) -> None:
    """Two requests, side by side: a log with a fix to find, and a test that passes."""
    listed = [
        {"raw-logs": COMMANDS + log_of(FILES)},
        {"prompt": "mean is wrong", "existing-test-path": "tests/test_shop.py::test_mean"},
    ]
    ran = run_workflow(start, stands, by_hand(requests=json.dumps(listed)))
    assert set(ran.ended.values()) == {"success"}, ran.log
    assert list(ran.machines) == ["decide", "fix 1", "fix 2", "publish 1", "publish 2"]
    assert "2 requests by hand" in ran.machines["decide"].summary
    fixing, publishing = ran.machines["fix 1"], ran.machines["publish 1"]
    assert "not published yet" in fixing.summary
    assert "**Status:** ✅ Success" in publishing.summary
    assert "could not be reproduced" in ran.machines["fix 2"].summary
    assert "no fix to publish" in ran.machines["publish 2"].log
    assert ran.machines["publish 2"].summary == ""
    (fix,) = [one for one in branches(shop) if one != "main"]
    assert fix.startswith("fix/test-total-"), "the name follows from the failure"
    assert git(shop.parent / "shop-origin.git", "diff", "--name-only", "main", fix) == "shop.py"
    assert obeyed(ran.log) == [] and TOKEN not in ran.log
    kept = sorted(one.name for one in (tmp_path / "artifacts").iterdir())
    assert kept == ["improve-run-1", "improve-run-2", "improve-run-published-1"]


@pytest.mark.nightly  # each push has it behind a comment, in test_actions_github
def test_the_composite_action_leaves_patch_and_report_and_publishes_nothing(
    start: Start, stands: dict[str, Stand], shop: Path
) -> None:
    action = load(TOP / "action.yml")
    inputs = {name: one.get("default", "") for name, one in action["inputs"].items()}
    inputs |= {"prompt": "total is wrong", "existing-test-path": NODE, "token": TOKEN}
    machine = start("action", {**by_hand(), "inputs": inputs})
    kit = toolkit(machine.top / "action", Path(machine.environ["IMPROVE_CACHE_DIR"]))
    git(machine.top, "clone", "-q", str(shop.parent / "shop-origin.git"), str(machine.workspace))
    machine.environ = {**machine.environ, "GITHUB_ACTION_PATH": str(kit.top)}
    values = {name: one["value"] for name, one in action["outputs"].items()}
    outputs = run_job({**action["runs"], "outputs": values}, machine, stands)
    assert machine.ended == "success", machine.log
    assert (outputs["fixed"], outputs["branch"]) == ("true", "fix/total-is-wrong")
    assert "+    for price in prices:" in Path(outputs["patch"]).read_text()
    assert Path(outputs["report"]).read_text() == machine.summary
    assert branches(shop) == ["main"]
    assert git(machine.workspace, "status", "--porcelain") == ""


def test_run_sh_switches_commands_off_too(shop: Path, kit: Toolkit, tmp_path: Path) -> None:
    info = request(tmp_path / "request", shop, prompt="x", agents=["::error::x\n::error::y"])
    ended = kit.run("--validate", "--request", info, GITHUB_ACTIONS="true")
    assert ended.code == 2 and ended.err.startswith("::stop-commands::")
    assert obeyed(ended.err + "\n::error::after") == ["::error::after"]


def test_what_is_not_a_request_starts_nothing(start: Start, stands: dict[str, Stand]) -> None:
    """The control is the first test."""
    bad: dict[str, Any] = {"existing_test_path": "../x", "requests": ""}
    ran = run_workflow(start, stands, by_hand(**bad))
    assert ran.ended == {"decide": "failure"}, "the form is told to be wrong, nothing else runs"
    assert "existing-test-path" in ran.log


def steps_until(job: str, name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = load(WORKFLOW)["jobs"][job]["steps"]
    return steps[: [step["name"] for step in steps].index(name) + 1]


# What a variable of the environment can hold: no NUL, no half of a surrogate pair.
CARRIED = {k: text for k, text in HOSTILE.items() if not re.search("[\0\ud800-\udfff]", text)}
EVERY = pytest.param(1, marks=pytest.mark.nightly)


@pytest.mark.slow
@pytest.mark.parametrize("step", [max(1, len(CARRIED) // 4), EVERY])
def test_no_hostile_input_is_executed(
    start: Start, stands: dict[str, Stand], tmp_path: Path, step: int
) -> None:
    """Each text as prompt, in all other fields of the form, as its list, and as what goes on."""
    deciding, asking = steps_until("decide", "Decide"), steps_until("fix", "Make the request")
    run_job({"steps": [*deciding[:-1]]}, start("decide", by_hand()), stands)
    run_job({"steps": [*asking[:-1]]}, start("fix", by_hand()), stands)
    for kind, text in list(CARRIED.items())[::step]:
        others = dict.fromkeys(
            ("raw_logs", "ci_run_url", "existing_test_path", "slower_than"), text
        )
        for inputs in ({"prompt": text, "existing_test_path": NODE}, others, {"requests": text}):
            machine = start("decide", by_hand(**inputs))
            run_job({"steps": deciding[-1:]}, machine, stands)
            inert(machine, f"{kind}: {list(inputs)}", tmp_path)
        machine = start("fix", {**by_hand(), "matrix": {"request": text}})
        run_job({"steps": asking[-1:]}, machine, stands)
        inert(machine, f"{kind}: request", tmp_path)


def inert(machine: Machine, what: str, folder: Path) -> None:
    told = f"{what}:\n{machine.log}"
    assert not list(folder.rglob(CANARY)), told
    assert obeyed(machine.log) == [] and TOKEN not in machine.log, told
    assert "\x1b" not in machine.log and "\u202e" not in machine.log, told
    for step in machine.steps.values():
        found = step["outputs"]
        assert set(found) <= {"result", "go", "reason", "requests", "answer"}, told
        assert found.get("result", "go") in ("go", "no", str(machine.temp / "info.json")), told


def test_the_same_texts_are_executed_where_a_script_holds_an_expression(start: Start) -> None:
    """The control of the test above: the runner of the steps does not protect by itself."""
    job = {"steps": [{"name": "bad", "run": "echo ${{ inputs.prompt }}"}]}
    ran = []
    for kind, text in CARRIED.items():
        machine = start("fix", by_hand(prompt=text))
        run_job(job, machine, {})
        place = machine.workspace / CANARY
        if place.exists():
            ran.append(kind)
            place.unlink()
    assert len(ran) >= 5, ran
