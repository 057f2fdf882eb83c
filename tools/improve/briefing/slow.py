"""What a model is told of a slow-down: the times, where they go, and what changed since it was fast."""

from __future__ import annotations

from improve.briefing.fit import Part
from improve.evidence import clean_text
from improve.records import Reproduction
from improve.redaction import redact
from improve.workbench.git import Git

LARGEST = 1 << 18


def parts_of_slow_down(git: Git, reproduction: Reproduction) -> list[Part]:
    """Profile before guessing: the functions that take longer, then the diff; [] for other failures."""
    found = reproduction.speed
    if found is None:
        return []
    lines = [found.sentence]
    lines += [
        f"{one.place}: {one.good_calls} calls, {one.good_seconds:.4f} s in itself then; "
        f"{one.calls} calls, {one.seconds:.4f} s now"
        for one in found.hot
    ]
    done = git.run(
        "diff", "--no-color", "--no-ext-diff", "--no-textconv", found.good,
        reproduction.base_commit, keep=LARGEST,
    )  # fmt: skip
    diff = redact(clean_text(done.text)) if done.ok else ""
    return [
        Part("What became slower (by the profiler)", "\n".join(lines), most=1500),
        Part("What changed since it was fast", diff, most=6000, language="diff"),
    ]


def slow_places(reproduction: Reproduction) -> tuple[str, ...]:
    """'path:line function' of the product's functions that take longer, the worst first."""
    hot = reproduction.speed.hot if reproduction.speed else ()
    return tuple(one.place for one in hot if ".py:" in one.place)
