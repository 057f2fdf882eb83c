"""One run climbs the whole ladder: real agents, scripted models, and code that judges."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.support import span
from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.script import Call, Turn, Usage
from tests.support.repositories import git, repository
from tests.support.toolkit import Ended, Toolkit, log_of, request

pytest.importorskip("claude_agent_sdk")
pytest.importorskip("agents")

LADDER = ["embedded", "claude", "claude", "openai"]


def answer(summary: str, **more: str) -> dict[str, Any]:
    texts = {"change": "", "doubt": "", "gave_up": "", "hand_over": "", **more}
    return {"root_cause": {"summary": summary, "file": "span.py", "line": 8}, **texts}


def edits(path: str, old: str, new: str, **said: Any) -> list[Turn]:
    """Claude reads a file, edits it and answers."""
    change = {"file_path": path, "old_string": old, "new_string": new}
    return [
        Turn("I read it.", (Call("Read", {"file_path": path}),)),
        Turn("I edit it.", (Call("Edit", change),), usage=Usage(2000, 100, 5000, 300)),
        Turn("Done.", answer=answer(**said)),
    ]


WEAKENS = edits(
    "tests/test_span.py", "== 5400", "== 5400 or True", summary="the test is too strict"
)
GUESSES = edits("span.py", span.LAST, span.WRONG, summary="the last two digits count")


def diff(old: str, new: str) -> str:
    return "@@\n" + "".join(f"-{line}\n" for line in old.splitlines()) + "".join(
        f"+{line}\n" for line in new.splitlines()
    )  # fmt: skip


REPAIRS = [
    Turn("I look.", (Call("read_file", {"path": "span.py", "first": 1, "count": 40}),)),
    Turn(
        "",
        (Call("apply_patch", {"type": "update_file", "path": "span.py", "diff": diff(span.LAST, span.RIGHT)}),),
    ),
    Turn("", (Call("run_check", {}),)),
    Turn(answer=answer("span reads one unit only", change="Units are added up one by one.")),
]  # fmt: skip
GIVES_UP = [Turn(answer=answer("unknown", gave_up="I see no cause.", hand_over="Look at UNITS."))]


def climbed(
    kit: Toolkit, place: Path, claude: Iterable[Turn], gpt: Iterable[Turn], **values: Any
) -> tuple[Ended, list[str]]:
    """The run, and the prompts that the models were given, in order."""
    info = request(
        place.parent / "request", place, name="two-units",
        raw__logs=log_of(span.FILES), **{"agents": LADDER[1:], **values},
    )  # fmt: skip
    with anthropic.serve(claude) as first, openai.serve(gpt) as second:
        ended = kit.run(
            "--request", info, ANTHROPIC_API_KEY="sk-ant-api03-" + "a" * 40,
            ANTHROPIC_BASE_URL=first.url, OPENAI_API_KEY="sk-" + "b" * 40,
            OPENAI_BASE_URL=f"{second.url}/v1", IMPROVE_FIX_MINUTES="1.5",
        )  # fmt: skip
    assert ended.run
    prompts = sorted(ended.run.glob("attempts/*/prompt.md"))
    return ended, [prompt.read_text() for prompt in prompts]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "span", span.FILES, origin=True)


@pytest.mark.nightly  # each push has the ladder of `./run.sh --demo agents`
def test_searched_refused_wrong_and_right(kit: Toolkit, project: Path) -> None:
    ended, prompts = climbed(kit, project, [*WEAKENS, *GUESSES], REPAIRS, agents=LADDER)
    ended.good()
    attempts = ended.artifact("fix")["attempts"]
    told = [(one["agent"], one["outcome"]) for one in attempts]
    assert told == [
        ("embedded", "no_change"), ("claude", "refused"), ("claude", "not_fixed"), ("openai", "kept"),
    ], json.dumps(attempts, indent=1)[:4000]  # fmt: skip
    assert git(project, "diff", "--name-only", "main", "fix/two-units") == "span.py"
    # Each prompt holds what was tried before, with its diff and the reason of its end.
    assert "attempt 1 by embedded" in prompts[1] and "attempt 2" not in prompts[1]
    assert "5400 or True" in prompts[2] and "Do it differently" in prompts[2]
    assert all(f"attempt {number} by" in prompts[3] for number in (1, 2, 3))
    assert "text[-3:-1]" in prompts[3]
    # The ledger adds up, and is told.
    entries = [json.loads(line) for line in (ended.run / "ledger.jsonl").read_text().splitlines()]
    spent = sum(entry["usage"]["usd"] for entry in entries)
    assert len(entries) == len(WEAKENS) + len(GUESSES) + len(REPAIRS)
    assert sum(one["usd"] for one in attempts) == pytest.approx(spent, abs=1e-5)
    report = ended.report.replace("\\", "")
    for wanted in (f"{spent:.4f} USD of 5.0", "claude-sonnet-5-5", "gpt-6.1-sol", "too strict",
                   "span reads one unit only"):  # fmt: skip
        assert wanted in report, wanted


@pytest.mark.slow
def test_when_all_fail_everything_learned_is_kept_and_nothing_is_published(
    kit: Toolkit, project: Path
) -> None:
    ended, _ = climbed(kit, project, [*WEAKENS, *GUESSES], GIVES_UP)
    fix = ended.good().artifact("fix")
    assert [one["outcome"] for one in fix["attempts"]] == ["refused", "not_fixed", "no_change"]
    assert (fix["outcome"], fix["best_patch"]) == ("not_fixed", "attempts/2/patch.diff")
    assert ended.artifact("publish")["outcome"] == "nothing_to_publish"
    assert "fix/" not in git(project, "for-each-ref")
    assert "⚠️" in ended.report and "Look at UNITS." in ended.report.replace("\\", "")


@pytest.mark.nightly
def test_the_limit_in_dollars_ends_the_ladder(kit: Toolkit, project: Path) -> None:
    ended, _ = climbed(kit, project, [*GUESSES, *GUESSES], REPAIRS, limits={"usd": 0.002})
    attempts = ended.artifact("fix")["attempts"]
    assert [one["fault"] for one in attempts] == ["limit"] * 3
    assert [one["outcome"] for one in attempts][1:] == ["skipped", "skipped"]
    assert ended.code == 5 and "limit of 0.0020 USD" in ended.report.replace("\\", "")


@pytest.mark.nightly
@pytest.mark.slow
def test_the_turns_of_one_attempt_are_no_limit_of_the_run(kit: Toolkit, project: Path) -> None:
    with (kit.top / "improve.yaml").open("a") as settings:
        settings.write("\nagent-turns: 2\n")
    reads = itertools.repeat(Turn("again", (Call("Read", {"file_path": "span.py"}),)))
    ended, _ = climbed(kit, project, reads, [], agents=["claude"])
    fix = ended.good().artifact("fix")
    (attempt,) = fix["attempts"]
    assert (attempt["fault"], attempt["outcome"]) == ("limit", "agent_failed"), attempt
    assert fix["outcome"] == "not_fixed" and "spent" not in fix["reason"], fix["reason"]
