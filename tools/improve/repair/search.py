"""Candidates in the order in which they are worth a test run.

Score = suspiciousness of the line x prior of the change. Texts are only built, compiled and
compared when a candidate's turn comes: a search is usually over after some dozens of thousands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from improve.repair.localise import Suspect
from improve.repair.mutation import Candidate, Mutation
from improve.repair.operators import mutations
from improve.repair.plausible import weakens
from improve.repair.source import Source, apply, statement_lines

MOST_LINES = 400


def candidates(
    sources: Mapping[str, Source],
    suspects: Sequence[Suspect],
    fixes: Iterable[tuple[str, Mutation]] = (),
) -> Iterator[Candidate]:
    """Fixers' proposals first, then mutations of the suspects; no two mean the same program.

    ``sources`` maps a path to its file; ``fixes`` are (path, mutation) pairs.
    """
    score = {(s.path, s.line): s.score for s in suspects}
    queue: list[tuple[float, int, str, Mutation]] = []
    for path, fix in fixes:
        weight = 1 + fix.prior + 0.1 * score.get((path, fix.line), 0.0)
        queue.append((-weight, len(queue), path, fix))
    for suspect in suspects[:MOST_LINES]:
        source = sources.get(suspect.path)
        for mutation in mutations(source, suspect.line) if source else ():
            weight = suspect.score * mutation.prior
            queue.append((-weight, len(queue), suspect.path, mutation))
    queue.sort()
    seen: set[tuple[str, int, str]] = set()
    for weight, _, path, mutation in queue:
        made = _candidate(sources[path], mutation, -weight, seen)
        if made is not None:
            yield made


def _candidate(
    source: Source, mutation: Mutation, score: float, seen: set[tuple[str, int, str]]
) -> Candidate | None:
    text = apply(source, mutation.edits)
    if text is None:
        return None
    start, end, number = _part(source, mutation)
    longer = len(text.encode()) - len(source.data)
    try:
        before = ast.parse(source.data[start:end])
        after = ast.parse(text.encode()[start : end + longer])
    except (SyntaxError, ValueError, RecursionError):
        return None
    shape = (source.path, number, ast.dump(after))
    if shape in seen or shape[2] == ast.dump(before) or weakens(before, after):
        return None
    seen.add(shape)
    return Candidate(
        source.path, text, mutation.operator, mutation.line, mutation.why, score, mutation.prior
    )


def _part(source: Source, mutation: Mutation) -> tuple[int, int, int]:
    """The top-level statement that a mutation stays within (parsing whole files is slow)."""
    first = source.line_of(min(e.start for e in mutation.edits))
    last = source.line_of(max(e.end for e in mutation.edits))
    for number, node in enumerate(source.tree.body):
        own = statement_lines(source, node)
        if own and own[0] <= source.starts[first - 1]:
            stop = max(e.end for e in mutation.edits)
            if stop <= own[1] and node.lineno <= last:
                return own[0], own[1], number
    return 0, len(source.data), -1
