"""How the embedded agent judges a candidate: the failing test, the reproduction, the related tests.

With a warm runner the tree is not touched until a candidate has passed all three; without one
each candidate is written, run in a process of its own, and written back byte for byte.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from improve.agents.protocol import Task, Warm
from improve.repair.mutation import Candidate
from improve.repair.source import Source, encode
from improve.workbench import beneath

HANGING_LIMIT = 1.0  # each candidate that hangs as well costs this much
FIRST_SECONDS = 15.0
RELATED_SECONDS = 20.0


@dataclass
class Trials:
    """Judges candidates and counts them."""

    task: Task
    sources: Mapping[str, Source]
    related: Sequence[str]
    warm: Warm | None = None
    limit: float = HANGING_LIMIT
    tried: int = 0
    baseline: Mapping[str, str] | None = None
    nodes: tuple[str, ...] = field(default=())

    def prepare(self) -> None:
        """Collect the reproduction once, and measure how long it takes before it fails."""
        self.nodes = self.task.node_ids
        if self.warm is None:
            return
        found = self.warm.open("reproduction", self.nodes, 30.0)
        self.nodes = found or self.nodes
        limit = min(FIRST_SECONDS, max(2.0, self.task.seconds_left() / 8))
        began = time.monotonic()
        first = self.warm.run(self.nodes, limit, session="reproduction", stop=False)
        spent = time.monotonic() - began
        self.limit = HANGING_LIMIT if first.timed_out else max(1.0, 5 * spent + 0.5)
        failing = [n for n in self.nodes if first.outcomes.get(n) == "failed"]
        # Failing ones first: a wrong candidate is told by its first test.
        self.nodes = (*failing, *(n for n in self.nodes if n not in failing))

    def promising(self, candidate: Candidate) -> bool:
        """The whole reproduction passes with the candidate and no related test fails anew."""
        self.tried += 1
        if self.warm is None:
            return self._cold(candidate)
        files = {self.task.tree / candidate.path: candidate.new_text}
        for nodes in dict.fromkeys((self.nodes[:1], self.nodes)):
            run = self.warm.run(nodes, self.limit, session="reproduction", files=files)
            if not run.ok:
                return False
        return self._related_hold(self.warm, files)

    def _related_hold(self, warm: Warm, files: Mapping[Path, str]) -> bool:
        if not self.related:
            return True
        if self.baseline is None:
            warm.open("related", self.related, RELATED_SECONDS)
            before = warm.run(self.related, RELATED_SECONDS, session="related", stop=False)
            self.baseline = before.outcomes if before.complete else {}
        good = {n for n, outcome in self.baseline.items() if outcome == "passed"}
        if not good:
            return True
        limit = RELATED_SECONDS
        after = warm.run(self.related, limit, session="related", files=files, stop=False)
        return after.complete and all(after.outcomes.get(n) == "passed" for n in good)

    def _cold(self, candidate: Candidate) -> bool:
        if not self.keep(candidate):
            self.restore(candidate)
            return False
        self.restore(candidate)
        return True

    def keep(self, candidate: Candidate) -> bool:
        """Write the candidate into the tree and see the real check pass; False leaves it there."""
        source = self.sources[candidate.path]
        try:
            content = encode(source, candidate.new_text)
        except UnicodeEncodeError:
            return False
        beneath.write(self.task.tree, candidate.path, content)
        return self.task.run_check().ok

    def restore(self, candidate: Candidate) -> None:
        """Give a file its own bytes back."""
        source = self.sources[candidate.path]
        beneath.write(self.task.tree, candidate.path, encode(source, source.text))
