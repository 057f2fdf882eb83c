"""The models' part in ``./run.sh --demo agents``: a Claude and an OpenAI model that follow a script.

What they say is made of what they were sent, so a run that was killed and resumed meets the same
models again. Whether an answer is any good, they leave to the run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Turn, Usage
from tests.support.stand_in import World

MODULE, TEST = "src/durations/parse.py", "tests/test_parse.py"
LAST = "    return int(text[:-1]) * UNITS[text[-1]]\n"
WRONG = "    return int(text[-3:-1]) * UNITS[text[-1]]\n"
RIGHT = """\
    total, digits = 0, ""
    for sign in text:
        if sign in UNITS:
            total, digits = total + int(digits) * UNITS[sign], ""
        else:
            digits += sign
    if digits or not text:
        raise ValueError(f"{text!r} does not end in a unit")
    return total
"""
# They would lead to a vendor, or tell it who asks; the rest has a value of ours.
EMPTY = ("OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
DIRECT = "127.0.0.1"  # no proxy of the user's is asked for what lies on this machine


@contextlib.contextmanager
def play(_example: Path, _place: Path, _private: Path) -> Iterator[World]:
    """Both models, for as long as the context is open."""
    with (
        anthropic.serve(itertools.repeat(claude)) as first,
        openai.serve(itertools.repeat(gpt)) as second,
    ):
        around = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
        direct = ",".join(filter(None, (DIRECT, *dict.fromkeys(around))))
        world = {
            **dict.fromkeys(EMPTY, ""),
            "ANTHROPIC_API_KEY": "sk-ant-scripted-demo-key", "ANTHROPIC_BASE_URL": first.url,
            "OPENAI_API_KEY": "sk-scripted-demo-key", "OPENAI_BASE_URL": f"{second.url}/v1",
            "IMPROVE_OPENAI_API": "responses", "NO_PROXY": direct, "no_proxy": direct,
        }  # fmt: skip
        yield World(world, lambda: _tell(first, second))


def claude(body: dict[str, Any]) -> Turn:
    """Its first attempt edits a test; when it is told that this was refused, it guesses."""
    said = body["messages"]
    told = "by claude: refused" in str(said[0]["content"])
    turns = _edits(MODULE, LAST, WRONG, "The number before the unit is cut out wrongly.")
    if not told:
        old = 'seconds("1h30m") == 5400'
        turns = _edits(TEST, old, f"{old} or True", "The test asks for too much.")
    return turns[min(sum(one["role"] == "assistant" for one in said), len(turns) - 1)]


def gpt(body: dict[str, Any]) -> Turn:
    """It reads, patches, checks and answers."""
    diff = "@@\n" + "".join(
        f"{sign}{line}\n" for sign, text in (("-", LAST), ("+", RIGHT)) for line in text.splitlines()
    )  # fmt: skip
    patch = {"type": "update_file", "path": MODULE, "diff": diff}
    answer = _answer(
        "seconds() takes all but the last sign for one number, so it knows one unit only.",
        change="The text is read sign by sign, and what stands before each unit is added up.",
        doubt="A text without a unit raises ValueError now; before, it was a KeyError.",
    )
    turns = [
        Turn("I read it.", (Call("read_file", {"path": MODULE, "first": 1, "count": 40}),)),
        Turn("One unit is not enough.", (Call("apply_patch", patch),)),
        Turn("I check it.", (Call("run_check", {}),)),
        Turn(answer=answer),
    ]
    said = body["input"] if isinstance(body["input"], list) else []
    done = sum(str(one.get("type", "")).endswith("_call_output") for one in said)
    return turns[min(done, len(turns) - 1)]


def _edits(path: str, old: str, new: str, cause: str) -> list[Turn]:
    change = {"file_path": path, "old_string": old, "new_string": new}
    return [
        Turn("I read it.", (Call("Read", {"file_path": path}),)),
        Turn("I edit it.", (Call("Edit", change),), usage=Usage(2000, 100, 5000, 300)),
        Turn("Done.", answer=_answer(cause, change="I changed one line.")),
    ]


def _answer(summary: str, **more: str) -> dict[str, Any]:
    texts = {"change": "", "doubt": "", "gave_up": "", "hand_over": "", **more}
    return {"root_cause": {"summary": summary, "file": MODULE, "line": 8}, **texts}


def _tell(first: ModelServer, second: ModelServer) -> str:
    asked = [f"Claude {len(first.turns())} times", f"the OpenAI model {len(second.turns())} times"]
    return "\n".join(
        (
            f">>> The models were scripted: {asked[0]} and {asked[1]} in this session. Nothing was spent.",
            "    Everything else was real; each attempt, its cause and its cost is in the report.",
        )
    )
