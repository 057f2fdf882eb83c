"""From the address of a red run to a draft pull request, the fix by the real Claude program.

The model is scripted; run.sh, gh, git, pytest, the SDK and its program, the sandbox and the key
proxy are the real ones. The second run has no network but a loopback of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.flow.test_github_journey import red_run
from tests.forge import conftest as forge
from tests.support.claude_job import KEY
from tests.support.github_server import GitHub
from tests.support.model_servers import anthropic
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Step, Turn
from tests.support.repositories import git
from tests.support.shop import PRODUCT, RIGHT, WRONG
from tests.support.toolkit import HERE, Ended, Toolkit

from improve.workbench.sandbox import works

pytestmark = pytest.mark.slow
github, tools = forge.github, forge.tools  # fixtures
__all__ = ["red_run"]
GATE = HERE / "tools/improve/workbench/sandbox/inside/improve_gate.py"
# No route leads out of there, and the kernel counts who tries; the gate leads to the model alone.
ALONE = """
ip link set lo up || exit 9
counters=$1; shift
"$@"; code=$?
awk '/^Ip:/ {n++; if (n == 1) for (i = 1; i <= NF; i++) if ($i == "OutNoRoutes") at = i; if (n == 2) print $at}' \\
  /proc/net/snmp >"$counters"
exit $code
"""
ANSWER = {
    "root_cause": {"summary": "The first price is left out.", "file": "shop.py", "line": 7},
    "change": "All prices are added up.", "doubt": "", "gave_up": "", "hand_over": "",
}  # fmt: skip


def repairs() -> list[Step]:
    """It tries a wrong edit, is told by the check, corrects it, and answers."""

    def edit(old: str, new: str) -> Call:
        return Call("Edit", {"file_path": "shop.py", "old_string": old, "new_string": new})

    return [
        Turn("I read it.", (Call("Read", {"file_path": "shop.py"}),)),
        Turn("I guess.", (edit(WRONG, "prices[:-1]"),)),
        Turn("I check.", (Call("mcp__improve__run_check"),)),
        Turn("Now I see.", (edit("prices[:-1]", RIGHT),)),
        Turn("I check.", (Call("mcp__improve__run_check"),)),
        Turn("The others.", (Call("mcp__improve__run_tests", {"tests": ["tests/test_shop.py"]}),)),
        Turn("By hand.", (Call("Bash", {"command": "python -m pytest -q tests/test_shop.py"}),)),
        Turn("Done.", answer=ANSWER),
    ]


def results(model: ModelServer) -> list[str]:
    """What the program told the model about each call, in order."""
    return [
        json.dumps(block["content"])
        for block in model.turns()[-1].body["messages"]
        for block in (block["content"] if isinstance(block["content"], list) else [])
        if block["type"] == "tool_result"
    ]


def is_right(ended: Ended, shop: Path, model: ModelServer) -> None:
    """The fix is Claude's, proven, and alone on its branch; the model saw the very check."""
    (attempt,) = ended.artifact("fix")["attempts"]
    assert (attempt["agent"], attempt["outcome"]) == ("claude", "kept"), attempt
    assert attempt["usage"][0]["requests"] == len(model.turns()) == 8
    fixed = git(shop, "show", "fix/wrong-total:shop.py")
    assert fixed == PRODUCT.replace(WRONG, RIGHT).strip()
    assert git(shop, "diff", "--name-only", "main", "fix/wrong-total") == "shop.py"
    said = results(model)
    assert "FAILED" in said[2] and "PASSED" in said[4] and "PASSED" in said[5], said
    # A shell is offered where a sandbox closes around it, and the target's tests run in it.
    assert ("2 passed" if works("bubblewrap") == "" else "No such tool") in said[6], said
    report = ended.report.replace("\\\\", "")
    assert "✅" in report and "The first price is left out." in report and "claude-sonnet" in report
    assert ended.run is not None
    everything = [path for path in ended.run.parent.rglob("*") if path.is_file()]
    assert [p for p in everything if KEY.encode() in p.read_bytes()] == [], "the key is on disk"
    assert {seen.key for seen in model.seen} == {KEY}


@pytest.mark.nightly
def test_claude_carries_a_red_run_to_a_draft_pull_request(
    shop: Path,
    fix_shop: Fixing,
    kit: Toolkit,
    github: GitHub,
    red_run: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with anthropic.serve(repairs()) as model:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", model.url)
        ended = fix_shop(shop, url=red_run, agents=["claude"]).good()
        is_right(ended, shop, model)
    (pull,) = github.pulls
    assert pull["draft"] and pull["head"]["label"] == "acme:fix/wrong-total"
    counters = shop.parent / "counters"
    with anthropic.serve(repairs()) as model:
        port = model.url.rsplit(":", 1)[1]
        command = [
            "unshare", "-rn", "sh", "-c", ALONE, "alone", counters, sys.executable, "-I", GATE, port,
            model.socket, kit.top / "run.sh", "--request", shop.parent / "request" / "info.json",
        ]  # fmt: skip
        done = subprocess.run(
            command, env=kit.environ({"ANTHROPIC_BASE_URL": model.url}), cwd=kit.top.parent,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        alone = Ended(done.returncode, done.stdout, done.stderr, kit.runs()[-1]).good()
        is_right(alone, shop, model)
    assert counters.read_text().split() == ["0"], "something looked for a way out"
    assert len(github.pulls) == 1
