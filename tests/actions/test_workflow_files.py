"""The shipped workflows and the action: valid, audited, pinned, and split as promised."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.step_runner import load

TOP = Path(__file__).parents[2]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
ACTION = TOP / "action.yml"
PLANTED = """\
name: bad
on: pull_request_target
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.ref }}
      - run: echo "${{ github.event.pull_request.title }}"
"""


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.prefix) / "bin" / name, *arguments], capture_output=True, text=True, check=False
    )


def findings(*files: Path) -> list[tuple[str, str]]:
    """(severity, audit) of everything that zizmor's strictest persona finds."""
    done = tool("zizmor", "--offline", "--persona", "auditor", "--no-progress", "--no-exit-codes",
                "--format", "json", *files)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(one["determinations"]["severity"], one["ident"]) for one in json.loads(done.stdout)]


def invalid(kind: str, *files: Path) -> str:
    """What check-jsonschema says; '' when the files are valid."""
    done = tool("check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", *files)
    return done.stdout + done.stderr if done.returncode else ""


def test_zizmor_finds_nothing_above_low() -> None:
    found = findings(*WORKFLOWS, ACTION)
    assert [one for one in found if one[0] in ("Medium", "High")] == []


def test_zizmor_finds_what_is_planted(tmp_path: Path) -> None:
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(PLANTED)
    assert {"template-injection", "dangerous-triggers", "unpinned-uses", "artipacked"} <= {
        audit for severity, audit in findings(bad) if severity in ("Medium", "High")
    }


def test_the_files_are_valid_by_their_published_schemas(tmp_path: Path) -> None:
    assert invalid("workflows", *WORKFLOWS) == ""
    assert invalid("actions", ACTION) == ""
    bad = tmp_path / "bad.yml"
    bad.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "runs-no:"))
    assert "bad.yml" in invalid("workflows", bad)
    bad.write_text(ACTION.read_text().replace("using: composite", "using: bash"))
    assert "bad.yml" in invalid("actions", bad)


@pytest.mark.parametrize("place", [*WORKFLOWS, ACTION], ids=lambda p: p.name)
def test_no_expression_stands_in_a_script(place: Path) -> None:
    text = load(place)
    jobs = [text["runs"]] if "runs" in text else list(text["jobs"].values())
    scripts = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert scripts and not [script for script in scripts if "${{" in script]


def test_every_action_is_pinned_by_one_commit_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for place in (*WORKFLOWS, ACTION, TOP / "README.md"):
        for line in place.read_text().splitlines():
            _, found, used = line.partition("uses: actions/")
            if found:
                action, _, pin = used.partition("@")
                assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), f"{place.name}: {line}"
                pins.setdefault(action, set()).add(pin)
    assert len(pins) == 5 and all(len(one) == 1 for one in pins.values()), pins


def test_the_job_that_runs_code_cannot_write_and_tokens_stand_where_they_are_needed() -> None:
    workflow = load(TOP / ".github" / "workflows" / "auto-fix.yml")
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"]
    for job in ("decide", "fix"):
        assert set(jobs[job]["permissions"].values()) == {"read"}
    assert "contents" not in {k for k, v in jobs["answer"]["permissions"].items() if v == "write"}
    with_token = {
        (job, step["name"])
        for job, content in jobs.items()
        for step in content["steps"]
        if "token" in str({**step.get("env", {}), **step.get("with", {})}.values())
    }
    assert with_token == {
        ("decide", "Decide"), ("fix", "Fetch the logs"), ("fix", "Look for a fix that is open"),
        ("publish", "Publish"), ("answer", "Answer the comment"),
    }  # fmt: skip
    names = [step["name"] for step in jobs["fix"]["steps"]]
    assert names.index("Look for a fix that is open") < names.index("Reproduce")
    for job in ("decide", "publish", "answer"):
        scripts = " ".join(step.get("run", "") for step in jobs[job]["steps"])
        assert not [verb for verb in (" reproduce ", " fix ") if verb in scripts]
    targets = [s for s in jobs["decide"]["steps"] if s.get("with", {}).get("path") == "target"]
    assert targets == [], "decide has the event's rights and needs no code of the target"
    checkouts = [
        s for job in jobs.values() for s in job["steps"] if "checkout" in s.get("uses", "")
    ]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_keys_of_models_reach_two_steps_and_nothing_else() -> None:
    jobs = load(TOP / ".github" / "workflows" / "auto-fix.yml")["jobs"]
    jobs["action"] = load(ACTION)["runs"]
    given = {
        (job, step["name"], name): value
        for job, content in jobs.items()
        for step in content["steps"]
        for name, value in step.get("env", {}).items()
        if "API_KEY" in name
    }
    assert given == {
        (job, step, name): "${{ " + source + " }}"
        for step in ("Reproduce", "Fix")
        for job, name, source in (
            ("fix", "ANTHROPIC_API_KEY", "secrets.ANTHROPIC_API_KEY"),
            ("fix", "OPENAI_API_KEY", "secrets.OPENAI_API_KEY"),
            ("action", "ANTHROPIC_API_KEY", "inputs.anthropic-api-key"),
            ("action", "OPENAI_API_KEY", "inputs.openai-api-key"),
        )
    }
    told = re.compile(r"(?:secrets|inputs)[.\w-]*api[_-]key", re.I)
    named = [hit for place in (*WORKFLOWS, ACTION) for hit in told.findall(place.read_text())]
    assert len(named) == len(given), f"a key is named outside of these steps: {named}"
    places = {jobs["fix"]["environment"], jobs["publish"]["environment"]}
    assert len(places) == 2, "the job that runs code could read the secret that publishes"
