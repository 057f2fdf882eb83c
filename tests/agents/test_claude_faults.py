"""The fault table: whatever the model's service does, the rung ends in time, says why, leaves nothing."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support import claude_job
from tests.support.claude_job import KEY, MODEL, RIGHT, Start, edits, marked
from tests.support.model_servers.script import Call, Fault, Turn

from improve.agents.claude_options import switches
from improve.records import CheckRun

start = claude_job.start  # a fixture
SECONDS = 6.0
SLACK = 20.0  # to end what runs, on a busy machine; without a deadline it would not end at all
# What the service does, the kind that it is told as, how many answers were begun and so are paid.
TABLE = {
    "401": (Fault("status", 401, "invalid x-api-key"), "key", 0),
    "no credit": (Fault("status", 400, "Your credit balance is too low"), "key", 0),
    "403": (Fault("status", 403, "not allowed"), "key", 0),
    "404": (Fault("status", 404, "model: claude-none"), "broken", 0),
    "429 for an hour": (Fault("status", 429, headers={"retry-after": "3600"}), "busy", 0),
    "500": (Fault("status", 500), "busy", 0),
    "529": (Fault("status", 529), "busy", 0),
    "cut stream": (Fault("cut"), "unreachable", 1),
    "stall in the middle": (Fault("stall"), "unreachable", 1),
    "not a byte": (Fault("silent"), "unreachable", 0),
    "refusal": (Fault("refusal"), "refused", 1),
    "malformed events": (Fault("malformed"), "unreachable", 1),
    "a proxy's page": (Fault("page"), "unreachable", 0),
}  # fmt: skip


WAITING = ("500", "529", "stall in the middle", "not a byte")  # as long as there is time


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in WAITING)) for name in TABLE]
)
def test_a_fault_ends_in_time_with_its_name_and_leaves_nothing(start: Start, name: str) -> None:
    fault, kind, answers = TABLE[name]
    made = start([Turn("This is an answer.", fault=fault)] * 3)
    began = time.monotonic()
    told = made.fault(SECONDS)
    assert time.monotonic() - began < SECONDS + SLACK, "it did not end in time"
    assert told.kind == kind, told.what
    assert "\n" not in told.what and KEY not in told.what + told.cure
    assert made.strays() == []
    begun = len(made.ledger())
    assert begun <= len(made.model.turns()), "an answer was paid for that was never given"
    assert bool(begun) == bool(answers), "what was read and begun costs, what was refused does not"


def broken(top: Path, number: int, fault: Fault) -> list[Turn]:
    """The turns of a model that does its job, with a fault at one of them."""
    turns = edits(top / "tree" / "shop.py")
    turns[number] = dataclasses.replace(turns[number], fault=fault)
    return turns


def test_an_overloaded_service_is_asked_again(start: Start, tmp_path: Path) -> None:
    made = start(broken(tmp_path, 1, Fault("status", 529, times=1)))
    assert made.work().answer == {"cause": "price"}
    assert made.shop.read_text() == RIGHT and "trying again" in " ".join(made.told)
    assert made.model.script.told == len(made.ledger()) == 4, "a retry was taken for a new turn"


def test_a_cut_answer_is_asked_for_again_and_paid_as_far_as_it_came(
    start: Start, tmp_path: Path
) -> None:
    said = broken(tmp_path, 1, Fault("cut", times=1))
    # In the middle of a call: a cut after a whole paragraph would be gone on from there.
    said[1] = dataclasses.replace(said[1], text="")
    made = start(said)
    assert made.work().answer == {"cause": "price"}
    assert made.shop.read_text() == RIGHT
    assert made.model.script.told == 4, "a retry was taken for a new turn"
    written = [one.usage.output_tokens for one in made.ledger()]
    assert len(written) == 5 and 1 <= written[1] < 50, "the cut one is counted by its length"
    assert [*written[:1], *written[2:]] == [50] * 4


@pytest.mark.slow
def test_nobody_answers(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    made = start()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    told = made.fault(SECONDS)
    assert told.kind in ("unreachable", "busy"), told.what
    assert made.ledger() == [] and made.strays() == []


def test_what_was_edited_before_the_fault_is_kept(start: Start, tmp_path: Path) -> None:
    made = start(broken(tmp_path, 2, Fault("status", 401)))
    assert made.fault(SECONDS).kind == "key"
    assert made.shop.read_text() == RIGHT and made.kept == [RIGHT]


@pytest.mark.slow
def test_our_time_is_up_while_a_tool_runs(start: Start) -> None:
    made = start([Turn("", (Call("mcp__improve__run_tests", {"tests": ["t.py"]}),))])
    began = time.monotonic()

    def slow(_targets: object) -> CheckRun:
        time.sleep(4)
        return made.task().run_check()

    told = made.fault(4.0, run_related=slow)
    assert told.kind == "deadline", told.what
    assert time.monotonic() - began < 8 + SLACK and made.strays() == []


def test_patience_grows_with_the_time_there_is() -> None:
    short, long = switches(5), switches(900)
    assert int(short["API_TIMEOUT_MS"]) < 5000 / 2 < int(long["API_TIMEOUT_MS"]) <= 180_000


CHILD = """
import sys
from pathlib import Path
from tests.support import tasks
from improve.agents import claude
from improve.workbench import sandbox
sandbox.decide(sandbox.Policy(wish=sys.argv[3]))
top = Path(sys.argv[1])
scratch = top / "run" / "attempts" / "1"
made = tasks.make(top / "tree", scratch, tasks.check_of(top / "tree", lambda _t: False),
    seconds_left=tasks.seconds(60), options={"claude-model": sys.argv[2]},
    test_environ=lambda: {"PATH": "/usr/bin:/bin"})
claude.work(made)
"""


@pytest.mark.parametrize(
    "how, wish",
    [(signal.SIGKILL, "auto"), (signal.SIGKILL, "off"), (signal.SIGINT, "auto"), (signal.SIGTERM, "off")],
)  # fmt: skip
def test_nothing_outlives_us(start: Start, how: signal.Signals, wish: str, tmp_path: Path) -> None:
    """The model is silent, so that the program would wait for an answer for a long time."""
    made = start([Turn(fault=Fault("silent"))])
    here = Path(__file__).parents[2]
    world = {**os.environ, "PYTHONPATH": f"{here}:{here / 'tools'}"}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), MODEL, wish],
        env=world,
        cwd=here,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while not made.model.seen and time.monotonic() < deadline:
            time.sleep(0.05)
        assert made.model.seen and len(marked(made.run)) > 1, (
            "the control: the program runs and asked"
        )
        child.send_signal(how)
        child.wait(10)
        assert made.strays(5.0) == [], f"left after {how.name}"
    finally:
        child.kill()
        child.wait()


def test_the_happy_path_is_what_the_table_is_compared_with(start: Start, tmp_path: Path) -> None:
    made = start(edits(tmp_path / "tree" / "shop.py"))
    began = time.monotonic()
    made.work(SECONDS)
    assert time.monotonic() - began < SECONDS + SLACK
