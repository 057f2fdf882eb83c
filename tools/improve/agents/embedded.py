"""The embedded agent: repairs small faults without any model, key or network.

Localise by traceback and coverage, ask the deterministic fixers, then search among small edits;
each candidate is run against the reproduction and the tests of the changed module. The search is
described in ``repair/search.py``; what it may never propose in ``repair/plausible.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from improve.agents import embedded_reverts
from improve.agents.embedded_files import python_files, read, related_tests
from improve.agents.embedded_trials import Trials
from improve.agents.protocol import Outcome, Task, Warm
from improve.errors import ImproveError
from improve.guard import inspect_change
from improve.repair import fixers
from improve.repair.localise import Suspect, Trace, describe, is_product, parse_traces, suspects
from improve.repair.mutation import Candidate, shorten
from improve.repair.search import candidates
from improve.repair.source import Source, parse

NAME = "embedded"
MARGIN_SECONDS = 6.0
LOOK_ON_SECONDS = 15.0  # after a success by an unlikely kind of change
LIKELY_SECONDS = 3.0  # after a likely one
LIKELY_PRIOR = 0.5
LOOK_ON_SHARE = 0.25  # of the time that was left at the first success
MOST_PLAUSIBLE = 12
MOST_RELATED = 12
TRACE_SECONDS = 30.0


def unavailable(options: dict[str, object]) -> str | None:
    """Always there: it needs nothing but the target's own interpreter."""
    return None


def work(task: Task) -> Outcome:
    """Search for a small edit that makes the reproduction pass; an honest end when none does."""
    if task.slow_down is not None:
        return embedded_reverts.work(task, task.slow_down)
    with contextlib.ExitStack() as stack:
        warm: Warm | None = None
        if task.warm is not None and task.node_ids:
            # Twice: without it a search gets through a twentieth of its candidates.
            for _ in range(2):
                try:
                    warm = warm or stack.enter_context(task.warm())
                except ImproveError as error:
                    task.progress(f"tests run in a process each: {error.what}")
        return _search(task, warm)


@dataclass(frozen=True)
class _Scene:
    """What is known before the first candidate."""

    sources: Mapping[str, Source]
    suspects: Sequence[Suspect]
    related: Sequence[str]
    files: Sequence[str]


def _scene(task: Task, warm: Warm | None) -> _Scene:
    files = python_files(task.tree)
    test_text = _test_text(task)
    products = [p for p in files if is_product(p) and p not in task.frozen]
    likely = {f.file for f in task.failure.frames} | {task.failure.file or ""}
    named = [p for p in products if p in likely or _named(p, test_text)]
    related = related_tests(task.tree, files, named)[:MOST_RELATED]
    traces = _traced(task, warm, related) if warm else ()
    touched = {p for t in traces if t.failed for p in t.lines}
    sources = {
        path: source
        for path in products
        if (path in touched or path in likely or path in named)
        and (raw := read(task.tree, path)) is not None
        and (source := parse(path, raw)) is not None
    }
    return _Scene(sources, suspects(task.failure, traces, sources, test_text), related, files)


def _named(path: str, text: str) -> bool:
    parts = path.removesuffix(".py").split("/")
    stem = parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
    return stem in text and len(stem) > 2


def _test_text(task: Task) -> str:
    paths = {n.split("::")[0] for n in task.node_ids}
    return "\n".join((read(task.tree, p) or b"").decode("utf-8", "replace") for p in sorted(paths))


def _traced(task: Task, warm: Warm, related: Sequence[str]) -> tuple[Trace, ...]:
    """Lines per test, of the reproduction first: when time runs out, that part is there."""
    task.progress("finding the lines that the failing test runs")
    path = task.scratch / "lines.jsonl"
    limit = min(TRACE_SECONDS, max(2.0, task.seconds_left() / 8))
    found: list[Trace] = []
    for nodes in (task.node_ids, related):
        if nodes:
            path.unlink(missing_ok=True)
            warm.run(nodes, limit, stop=False, trace=path)
            found += parse_traces(path.read_text("utf-8")) if path.exists() else ()
    return tuple(found)


def _search(task: Task, warm: Warm | None) -> Outcome:
    scene = _scene(task, warm)
    shown = tuple(describe(s, scene.sources.get(s.path)) for s in scene.suspects[:8])
    trials = Trials(task, scene.sources, scene.related, warm)
    trials.prepare()
    other = {p: read(task.tree, p) or b"" for p in scene.files if is_product(p)}
    fixes = list(fixers.fixes(task.failure, scene.sources, scene.suspects, other, task.amplifier))
    queue = candidates(scene.sources, scene.suspects, fixes)
    while found := _plausible(task, trials, queue):
        for candidate in found:
            if trials.keep(candidate) and not _breaks_something(task):
                said = _explained(candidate, trials)
                doubt = _doubt(len(found) - 1)
                return Outcome(True, said, trials.tried, shown, doubt=doubt)
            trials.restore(candidate)
    left = task.seconds_left() <= MARGIN_SECONDS
    reason = (
        f"{trials.tried} small edits of {len(scene.suspects)} suspicious lines in "
        f"{len(scene.sources)} files were tried; none made the reproduction pass"
        + (" before the time was up." if left else ".")
    )
    return Outcome(False, reason, trials.tried, shown, reason)


def _breaks_something(task: Task) -> bool:
    task.progress("running the whole suite on an edit that passes")
    return bool(task.regressions())


def _plausible(task: Task, trials: Trials, queue: Iterator[Candidate]) -> list[Candidate]:
    """Candidates that passed, best first; the search goes on a little after the first."""
    found: list[Candidate] = []
    stop_at = MARGIN_SECONDS
    for candidate in queue:
        left = task.seconds_left()
        if left <= stop_at or len(found) >= MOST_PLAUSIBLE:
            break
        if trials.tried % 25 == 0:
            task.progress(f"{trials.tried} candidates tried, now {candidate.path}:{candidate.line}")
        try:
            if not trials.promising(candidate) or not _taken(task, trials, candidate):
                continue
        except ImproveError as error:
            task.progress(f"tests run in a process each: {error.what}")
            trials.warm = None
            continue
        wait = LIKELY_SECONDS if candidate.prior >= LIKELY_PRIOR else LOOK_ON_SECONDS
        stop_at = max(stop_at, left - min(wait, LOOK_ON_SHARE * left))
        found.append(candidate)
        if candidate.score > 1.5:  # a fixer's: the message itself asked for it
            break
    return sorted(found, key=lambda c: -_worth(trials, c))


def _taken(task: Task, trials: Trials, candidate: Candidate) -> bool:
    """The guard would take it; what it refuses is not worth a proof."""
    before = {candidate.path: trials.sources[candidate.path].text}
    after = {candidate.path: candidate.new_text}
    return inspect_change(before, after, _test_text(task), task.failure.error_type).passed


def _worth(trials: Trials, candidate: Candidate) -> float:
    """How likely a candidate that passes is the right one.

    That it passes says more of the place than the coverage did, so the kind of change counts
    more than the suspicion of its line; a larger edit counts a little less.
    """
    grown = abs(len(candidate.new_text) - len(trials.sources[candidate.path].text))
    return candidate.prior * float(candidate.score**0.25) * (1 - min(grown, 120) / 800)


def _doubt(others: int) -> str:
    if not others:
        return ""
    told = "Another edit passes" if others == 1 else f"{others} other edits pass"
    return f"{told} as well: check that this one is meant."


def _explained(candidate: Candidate, trials: Trials) -> str:
    """In words, and without any number that depends on the machine's speed: it is committed."""
    place = f"{candidate.path}:{candidate.line}"
    related = len(trials.related)
    held = (
        f", and nothing new failed in {related} related test file{'s' * (related != 1)}"
        if related
        else ""
    )
    return (
        f"The fault was localised in {place}. {shorten(candidate.why, 160).rstrip('.')} "
        f"({candidate.operator}). With this edit the reproduction passes{held}. "
        "It was found by the embedded search, without a model."
    )
