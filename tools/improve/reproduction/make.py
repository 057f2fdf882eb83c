"""Make the reproduction's test: cut it minimal, else wrap the original; seen to fail either way."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from improve.checks.passing import same_failure
from improve.checks.stress import Stress
from improve.cut import Cut, count_lines, cut_candidates, shrink, wrap
from improve.errors import ImproveError
from improve.evidence import capped_lines, clean_line, redact
from improve.prompts import render
from improve.records import CheckRun, Failure
from improve.reproduction.lay_down import LOG_BYTES, Layout
from improve.workbench import beneath
from improve.workbench.bench import Tree

MINIMAL_LINES = 50
MOST_CUTS = 8
CONFIRMING_RUNS = 3
TEMPLATE = "tools/improve/reproduction/README.md.j2"
RUN_TEST = "tools/improve/reproduction/run_test.sh.j2"


@dataclass(frozen=True)
class Made:
    """A test file that was seen to fail for the reason that was observed."""

    source: str
    suffix: str
    kind: str  # 'minimal' or 'wrapped'
    lines: int
    original: str
    notes: tuple[str, ...] = ()
    seed: int = 0  # of a run that failed under a setting; 0 is none
    seed_failed: int = 0  # in so many of the confirming runs


def make_test(
    *,
    node_id: str,
    tree: Tree,
    observed: Failure,
    layout: Layout,
    commit: str,
    run: Callable[[tuple[str, ...]], CheckRun],
    left: Callable[[], float],
    progress: Callable[[str], None],
) -> Made:
    """The smallest test that fails here as the original did, at most 50 lines if that can be had.

    Raises: ImproveError when even the wrapped original does not fail any more.
    """
    seeds: list[int] = []

    def fails(source: str, suffix: str) -> bool:
        beneath.write(tree.path, layout.test, source.encode("utf-8"))
        done = run((f"{layout.test}::{suffix}" if suffix else layout.test,))
        seeds.extend(done.rate.seeds[:1] if done.rate else ())
        return same_failure(done, observed)

    progress("cutting a minimal test")
    tried = 0
    for cut in cut_candidates(
        node_id, functools.partial(beneath.text, tree.path), observed, commit
    ):
        if tried >= MOST_CUTS or left() < 20:
            break
        tried += 1
        if fails(cut.source, cut.node_id_suffix):
            source = _shrunk(cut, fails, left)
            lines = count_lines(source)
            made = Made(source, cut.node_id_suffix, "minimal", lines, node_id, cut.notes)
            return _confirmed(made, fails, seeds)
    source = wrap([node_id], commit)
    if not fails(source, "test_original"):
        raise ImproveError(
            f"{node_id} failed, but no test made from it fails in the same way.",
            'Give the test itself as "existing-test-path" in info.json.',
        )
    note = f"{tried} ways to cut it out did not fail in the same way; the original is run as it stands."
    made = Made(source, "test_original", "wrapped", count_lines(source), node_id, (note,))
    return _confirmed(made, fails, seeds)


def _shrunk(cut: Cut, fails: Callable[[str, str], bool], left: Callable[[], float]) -> str:
    if count_lines(cut.source) < MINIMAL_LINES:
        return cut.source
    return shrink(
        cut.source,
        lambda source: fails(source, cut.node_id_suffix),
        MINIMAL_LINES,
        lambda: left() > 30,
    )


def _confirmed(made: Made, fails: Callable[[str, str], bool], seeds: list[int]) -> Made:
    seeds.clear()
    failed = sum(fails(made.source, made.suffix) for _ in range(CONFIRMING_RUNS))
    if failed < CONFIRMING_RUNS:
        raise ImproveError(
            f"The test made from {made.original} failed in only {failed} of {CONFIRMING_RUNS} runs.",
            'It may be intermittent: set "deterministic" to false and start again.',
        )
    if not seeds:
        return made
    seed, times = Counter(seeds).most_common(1)[0]
    return replace(made, seed=seed, seed_failed=times)


def reproduction_files(
    toolkit: Path,
    layout: Layout,
    made: Made,
    observed: Failure,
    commit: str,
    logs: Sequence[Path],
    stress: Stress | None = None,
    roots: Sequence[str] = (),
) -> dict[str, bytes]:
    """Everything of the reproduction's folder: path in the repository -> content.

    Logs are cleaned and redacted, and cut to 200 kB each: this is committed. ``stress`` is the
    setting under which an intermittent failure shows itself; it goes into ``run_test.sh``, and so do
    ``roots``, the folders that its imports are looked for in.
    """
    files = {layout.test: made.source.encode()}
    for log in logs:
        files[f"{layout.folder}/logs/{log.stem.replace('raw', 'ci')}.txt"] = _shown_log(log)
    values: dict[str, object] = {
        "name": layout.name, "made": made, "observed": observed, "commit": commit, "test": layout.test,
        "node_id": f"{layout.test}::{made.suffix}" if made.suffix else layout.test, "logs": bool(logs),
        "folder": layout.folder, "amplifier": stress.amplifier if stress else "",
        "limit": max(1, round(stress.limit)) if stress else 0, "confirming": CONFIRMING_RUNS,
        "roots": ":".join(roots), "processes": bool(stress and stress.processes),
    }  # fmt: skip
    if stress:
        files[f"{layout.folder}/run_test.sh"] = render(toolkit / RUN_TEST, values).encode()
    text = redact(render(toolkit / TEMPLATE, values))
    files[f"{layout.folder}/README.md"] = text.encode()
    return files


def _shown_log(log: Path) -> bytes:
    lines: list[str] = []
    size = 0
    with log.open("rb") as stream:
        for raw in capped_lines(stream):
            line = clean_line(raw.decode("utf-8", "replace").rstrip("\r\n"))
            size += len(line) + 1
            if size > LOG_BYTES:
                lines.append("... (cut here)")
                break
            lines.append(line)
    return (redact("\n".join(lines)) + "\n").encode()
