"""The embedded agent and a slow-down: take back, hunk by hunk, what came since it was fast.

Each hunk of the diff between the good commit and the base is taken back by itself, those in functions
that became slower first; then each file as a whole. All else of the change stays, and what needed the
hunk is told by the suite. (The same idea over commits is `git bisect run`; over changes, Zeller's
"Yesterday, my program worked. Today, it does not. Why?", 1999.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from improve.agents.embedded_files import read
from improve.agents.protocol import Outcome, SlowDown, Task
from improve.guard import each_taken_back, hunks_of
from improve.guard.hunks import Back
from improve.repair.localise import is_product
from improve.workbench import beneath

MARGIN_SECONDS = 6.0
MOST = 24


def work(task: Task, found: SlowDown) -> Outcome:
    """Try each revert with the check, which times it; the first that holds stays in the tree."""
    texts = _texts(task, found)
    ways = list(_ways(found, texts))[:MOST]
    tried = 0
    for way in ways:
        if task.seconds_left() <= MARGIN_SECONDS:
            break
        tried += 1
        task.progress(f"taking back {way.place}, {tried} of {len(ways)}")
        beneath.write(task.tree, way.path, way.text.encode())
        if task.run_check().ok and not task.regressions():
            return Outcome(True, _explained(way), tried, found.hot, doubt=_doubt(way))
        beneath.write(task.tree, way.path, texts[way.path].encode())
    told = f"{tried} of {len(ways)} parts of what changed since it was fast were taken back"
    told += (
        "; with none of them it was fast again and all else as good."
        if ways
        else ": there is none."
    )
    return Outcome(False, told, tried, found.hot, told)


def _texts(task: Task, found: SlowDown) -> dict[str, str]:
    """Files of the product that the diff edits, whose text is UTF-8 and can be put back exactly."""
    texts: dict[str, str] = {}
    for path in {place.rpartition(":")[0] for place, edited in hunks_of(found.diffs[0]) if edited}:
        raw = read(task.tree, path) if is_product(path) and path not in task.frozen else None
        text = (raw or b"").decode("utf-8", "replace")
        if raw and text.encode() == raw:
            texts[path] = text
    return texts


def _ways(found: SlowDown, texts: Mapping[str, str]) -> Iterator[Back]:
    """Hunks, then files of more than one hunk; the slowest places first.

    Changes that stand near each other are one hunk where lines around them count, and several where
    they do not: both are tried, the smaller ones before.
    """
    every = [back for diff in found.diffs for back in each_taken_back(diff, texts)]
    hunks = list({(back.path, back.text): back for back in reversed(every)}.values())[::-1]
    yield from sorted(hunks, key=lambda back: _rank(back.place, found.hot))
    several = {back.path for back in hunks if sum(one.path == back.path for one in hunks) > 1}
    for path in sorted(several, key=lambda one: _rank(f"{one}:0", found.hot)):
        if (text := found.earlier(path)) is not None:
            yield Back(path, path, text)


def _rank(place: str, hot: Sequence[str]) -> tuple[int, int]:
    """How far down the list the nearest function of the same file stands, and how near it is."""
    path, _, line = place.rpartition(":")
    best = (len(hot), 0)
    for index, one in enumerate(hot):
        there, _, rest = one.partition(":")
        if there == path:
            begins = rest.split(" ")[0]
            best = min(best, (index, abs(int(begins) - int(line)) if begins.isdigit() else 0))
    return best


def _explained(way: Back) -> str:
    return (
        f"{way.place} is again what it was at the good commit, and with that it is fast again. "
        "Everything else of the change stays. It was found by the embedded agent, which takes back "
        "one part after the other, without a model."
    )


def _doubt(way: Back) -> str:
    return f"What was taken back ({way.place}) may have been meant: see what it was for."
