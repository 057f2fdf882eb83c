"""kill -9 while Claude works and while its work is judged: ``--resume`` asks and pays for nothing twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.claude_job import KEY, marked
from tests.support.model_servers import anthropic
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Fault, Step, Turn
from tests.support.repositories import git
from tests.support.shop import FILES, RIGHT, WRONG
from tests.support.toolkit import Ended, Toolkit, log_of, request

pytest.importorskip("claude_agent_sdk")
pytestmark = pytest.mark.slow
GUESS, OTHER = "prices[:-1]", "prices[2:]"
SECONDS = 180.0
ANSWER: dict[str, Any] = {
    "root_cause": {"summary": "The wrong prices are added.", "file": "shop.py", "line": 7},
    "change": "Others are added.", "doubt": "", "gave_up": "", "hand_over": "",
}  # fmt: skip


def edits(new: str) -> Iterator[Step]:
    yield Turn("I read it.", (Call("Read", {"file_path": "shop.py"}),))
    change = {"file_path": "shop.py", "old_string": WRONG, "new_string": new}
    yield Turn("I edit it.", (Call("Edit", change),))


def script() -> Iterator[Step]:
    """Wrong; wrong and killed before its answer; right and killed while that is judged; right."""
    yield from [*edits(GUESS), Turn("Done.", answer=ANSWER)]
    yield from [*edits(OTHER), Turn(fault=Fault("silent"))]
    for _ in range(2):
        yield from [*edits(RIGHT), Turn("Done.", answer=ANSWER)]


def killed(
    kit: Toolkit, options: list[str | Path], world: dict[str, str], when: Callable[[Path], bool]
) -> Path:
    """Start run.sh and kill it and its phase at that moment; the run folder."""
    child = kit.start(*options, **world)
    end = time.monotonic() + SECONDS
    while not (runs := kit.runs()) or not when(runs[-1]):
        assert child.poll() is None, f"it ended with {child.returncode} before that moment"
        assert time.monotonic() < end, f"the moment did not come within {SECONDS:.0f} s"
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    end = time.monotonic() + 5
    while (left := marked(runs[-1])) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == [], f"left behind: {left}"
    return runs[-1]


def ledger(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


def in_the_middle(model: ModelServer) -> Callable[[Path], bool]:
    """Attempt 2 has edited, that is kept, and it waits for the answer to its third request."""
    return lambda run: (run / "attempts/2/patch.diff").exists() and model.script.told == 6


def proposed(run: Path) -> bool:
    """Attempt 3 has answered, and is being judged."""
    return (run / "attempts/3/proposal.json").exists()


@pytest.mark.nightly
def test_each_answer_is_asked_for_and_paid_once(kit: Toolkit, shop: Path) -> None:
    info = request(shop.parent / "request", shop, raw__logs=log_of(FILES), agents=["claude"] * 3)
    with anthropic.serve(script()) as model:
        world = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": model.url}
        run = killed(kit, ["--request", info], world, in_the_middle(model))
        spent = ledger(run)
        assert Counter(one["purpose"] for one in spent) == {"attempt 1": 3, "attempt 2": 2}
        assert not (run / "attempts/2/attempt.json").exists()
        killed(kit, ["--resume"], world, proposed)
        assert ledger(run)[: len(spent)] == spent, "what was spent was written anew"
        assert not (run / "attempts/3/attempt.json").exists()
        asked = len(model.turns())
        ended = kit.run("--resume", **world).good()
        assert len(model.turns()) == asked, "attempt 3 had answered, and was asked again"
        assert model.script.told == len(model.turns()) == 9, "a request was made twice"
        adds_up(ended, ledger(run))
        assert git(shop, "diff", "--name-only", "main", "fix/wrong-total") == "shop.py"
        made_anew(kit.run("--resume", "--from", "fix", **world).good(), ledger(run))


def made_anew(ended: Ended, entries: list[dict[str, Any]]) -> None:
    """Who asks for the fix again pays again, and is told all of it."""
    (attempt,) = ended.artifact("fix")["attempts"]
    assert (attempt["outcome"], attempt["usage"][0]["requests"]) == ("kept", 3), attempt["reason"]
    assert len(entries) == 11
    spent = sum(one["usage"]["usd"] for one in entries)
    assert f"{spent:.4f} USD of 5.0" in ended.report.replace("\\", "")


def adds_up(ended: Ended, entries: list[dict[str, Any]]) -> None:
    """Eight answers came (the ninth request was cut off), each paid once and told with its attempt."""
    assert Counter(one["purpose"] for one in entries) == {
        "attempt 1": 3, "attempt 2": 2, "attempt 3": 3,
    }  # fmt: skip
    attempts = ended.artifact("fix")["attempts"]
    assert [one["outcome"] for one in attempts] == ["not_fixed", "not_fixed", "kept"], attempts
    assert "the run was interrupted" in attempts[1]["reason"]
    assert attempts[2]["root_cause"]["summary"] == ANSWER["root_cause"]["summary"], attempts[2]
    assert [one["usage"][0]["requests"] for one in attempts] == [3, 2, 3]
    spent = sum(one["usage"]["usd"] for one in entries)
    assert sum(one["usd"] for one in attempts) == pytest.approx(spent, abs=1e-5)
    assert f"{spent:.4f} USD of 5.0" in ended.report.replace("\\", "")
    assert ended.run is not None
    prompt = (ended.run / "attempts/3/prompt.md").read_text()
    assert OTHER in prompt and "attempt 2 by claude: not fixed" in prompt
