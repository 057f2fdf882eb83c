"""Deterministic fixers: what the error message itself asks for.

They come before any search and their proposals are still run like every other candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from improve.records import Failure
from improve.repair import (
    fixer_names,
    fixer_removed,
    fixer_templates,
    fixer_texts,
    fixers_intermittent,
)
from improve.repair.localise import Suspect
from improve.repair.mutation import Mutation
from improve.repair.source import Source

MESSAGE_CAP = 4096

Fix = tuple[str, Mutation]
Fixer = Callable[[str, Failure, Mapping[str, Source], Sequence[Suspect]], Iterator[Fix]]

FIXERS: tuple[Fixer, ...] = (
    fixer_names.undefined_name,
    fixer_names.missing_attribute,
    fixer_names.unknown_keyword,
    fixer_removed.moved,
    fixer_templates.changed_size,
    fixer_templates.missing_await,
    fixer_templates.encoding,
    fixer_templates.identity,
    fixer_templates.none_guard,
    fixer_texts.wrong_text,
)


def fixes(
    failure: Failure,
    sources: Mapping[str, Source],
    suspects: Sequence[Suspect],
    project: Mapping[str, bytes],
    amplifier: str = "",
) -> Iterator[Fix]:
    """(path, mutation) pairs of all fixers that know this failure.

    ``project`` maps every product path to its bytes; imports of the project's own names are
    found there; ``amplifier`` is what makes an intermittent failure show, '' for one that is not.
    """
    if amplifier:
        yield from fixers_intermittent.fixes(amplifier, sources)
    text = f"{failure.error_type or ''}: {failure.message}\n{failure.excerpt}"[:MESSAGE_CAP]
    for fixer in FIXERS:
        yield from fixer(text, failure, sources, suspects)
    yield from fixer_names.missing_import(text, failure, sources, project)
