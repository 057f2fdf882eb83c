"""What goes into a prompt: the failing code with its lines, its history, every failing test."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repositories import git, repository
from tests.support.shop import FILES, NODE, PRODUCT

from improve.briefing import Material, brief, parts_for_fix, parts_for_reproduction, tokens
from improve.context import Budget, Context
from improve.evidence import capped_lines, distil
from improve.records import Attempt, Evidence, Failure, Frame, Reproduction
from improve.workbench.git import Git

HERE = Path(__file__).resolve().parents[2]
FAILURE = Failure(
    node_id=NODE,
    error_type="AssertionError",
    message="assert 5 == 6",
    excerpt=">   assert total([1, 2, 3]) == 6",
    frames=(
        Frame(file="tests/test_shop.py", line=5),
        Frame(file="shop.py", line=7, function="total"),
    ),
)


@pytest.fixture
def material(tmp_path: Path) -> Material:
    shop = repository(tmp_path / "shop", {**FILES, "shop.py": PRODUCT.replace("[1:]", "")})
    (shop / "shop.py").write_text(PRODUCT)
    git(shop, "commit", "-qam", "perf: skip the first price")
    head = git(shop, "rev-parse", "HEAD")
    return Material(
        shop, Git(shop / ".git"), head, Evidence(source="raw-logs", failures=(FAILURE,))
    )


def found(**values: object) -> Reproduction:
    given: dict[str, object] = {
        "outcome": "reproduced", "commit": "c", "observed": FAILURE, "node_ids": (NODE,),
        "original_node_ids": (NODE,),
    }  # fmt: skip
    return Reproduction(**{**given, **values})  # type: ignore[arg-type]


def text_of(material: Material, title: str, *history: Attempt, **values: object) -> str:
    parts = parts_for_fix(material, found(**values), history, {1: b"+    return 6\n"})
    return next((part.text for part in parts if part.title == title), "")


def test_the_suspicious_lines_are_numbered_and_marked(material: Material) -> None:
    shown = text_of(material, "Where it points", node_ids=("repro/test_x.py",))
    assert "=== shop.py" in shown
    assert "    7>     for price in prices[1:]:" in shown


def test_what_changed_there_lately_is_the_commit_that_broke_it(material: Material) -> None:
    shown = text_of(material, "What changed there lately")
    assert "perf: skip the first price" in shown
    assert "-    for price in prices:\n+    for price in prices[1:]:" in shown


def test_when_the_traceback_ends_in_the_test_what_it_imports_is_shown(material: Material) -> None:
    ends = FAILURE.model_copy(update={"frames": FAILURE.frames[:1]})
    shown = text_of(material, "What the test imports", observed=ends)
    assert shown == f"=== shop.py\n{PRODUCT}"
    assert "perf: skip the first price" in text_of(
        material, "What changed there lately", observed=ends
    )
    assert text_of(material, "What the test imports") == "", "the traceback tells it already"


def test_earlier_attempts_are_told_with_their_diff_and_why_they_failed(material: Material) -> None:
    first = Attempt(
        number=1, agent="claude", outcome="not_fixed", reason="it still fails",
        explanation="I returned six.", check_output="assert 5 == 7",
    )  # fmt: skip
    shown = text_of(material, "What was tried before", first)
    for wanted in ("attempt 1 by claude: not fixed", "it still fails", "+    return 6", "5 == 7"):
        assert wanted in shown


def test_a_link_out_of_the_tree_is_not_followed(material: Material, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    (material.tree / "link.py").symlink_to(tmp_path / "secret")
    assert material.read("link.py") is None
    assert material.read("../secret") is None
    assert material.read("shop.py") == PRODUCT, "the control: a file of the tree is read"


def log(failing: int, size: int) -> Iterator[bytes]:
    """A pytest log of about ``size`` bytes with ``failing`` failures."""
    noise = b"DEBUG " + b"x" * 1000 + b"\n"
    written = 0
    while written < size:
        yield noise
        written += len(noise)
    yield b"=========================== short test summary info ============================\n"
    for number in range(failing):
        yield f"FAILED tests/test_{number % 7}.py::test_case[{number}] - ValueError: bad\n".encode()
    yield f"=================== {failing} failed in 3.21s ===================\n".encode()


class Stream(io.RawIOBase):
    """Bytes as they come, so that no test holds 200 MB."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks, self.rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self.rest:
            block = next(self.blocks, None)
            if block is None:
                return 0
            self.rest = block
        size = min(len(view), len(self.rest))
        view[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


@pytest.mark.slow
def test_200_mb_of_log_make_a_prompt_within_budget_that_names_every_failing_test(
    material: Material, tmp_path: Path
) -> None:
    distilled = distil(capped_lines(io.BufferedReader(Stream(log(400, 200_000_000)), 1 << 20)))
    assert len(distilled.failures) == 400
    evidence = Evidence(source="raw-logs", failures=distilled.failures)
    big = Material(material.tree, material.git, material.commit, evidence)
    context = Context(
        tmp_path, HERE, tmp_path, Budget.of(60), lambda _: None, {"prompt-tokens": 12_000}
    )
    values = {"request": Request(), "test_path": "t.py", "minutes": 4, "expected": None}
    parts = parts_for_reproduction(big, found(outcome="not_reproduced"))
    text = brief(context, "reproduce-deterministic-failures/AI_PROMPT.md", parts, values)
    assert tokens(text) <= 12_000
    missing = [
        f.node_id
        for f in distilled.failures
        if f"::{(f.node_id or '').partition('::')[2]}\n" not in text
    ]
    assert missing == []


class Request:
    """What the prompt takes of a request."""

    prompt = "It fails; find out why."
