"""A fix that uses up or switches off what perturbs the runs is not proven by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from tests.support.grounds import HERE, seen_to_fail

from improve.checks import proof_often, statistics
from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.checks.stress import Stress, measuring
from improve.checks.unlike import unlike
from improve.records import Rate, Verdict

PRODUCT = """\
import sys, threading


class Progress:
    def __init__(self):
        self.done, self.weights, self.lock = 0, {}, threading.Lock()

    def finished(self):
        done = self.done + 1
        self.done = done
"""
TEST = """\
import threading
from crawl import Progress


def test_all_are_counted():
    progress = Progress()
    threads = [threading.Thread(target=progress.finished) for _ in range(6)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert progress.done == 6
"""
FILES = {"crawl.py": PRODUCT, "test_crawl.py": TEST}
START = "    def finished(self):\n"
LOOP = "        for page in range(5000):\n            self.weights[page] = page / 7\n"
LONG_LOOP = "        for page in range(2000):\n" + "            self.weights[page] = page\n" * 12
CHEATS = {
    "by a loop of the set-up": PRODUCT.replace("\n" + START, LOOP + "\n" + START),
    "by many lines of the set-up": PRODUCT.replace("\n" + START, LONG_LOOP + "\n" + START),
    "by a loop of each thread": PRODUCT.replace(START, START + LOOP),
}
# The same lines, a thousand times and more before it counts.
WARM_UP = PRODUCT.replace(
    "self):\n        self.done", "self, warm=True):\n        self.warm = warm\n        self.done"
)
WARM_UP = WARM_UP.replace(START, START + """\
        scratch = Progress(False) if self.warm else None
        for _ in range(1100 if self.warm else 0):
            scratch.finished()
""")  # fmt: skip
GUARDED = START + "        with self.lock:\n            self.done += 1\n"
RIGHT = CHEATS["by a loop of the set-up"].partition(START)[0] + GUARDED


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("crawl")
    with seen_to_fail(folder, FILES, "test_crawl.py", "thread-noise", confidence=0.9) as made:
        assert not proof_often.rate_before(made).ended_early
        yield made


def judged(ground: Ground, product: str) -> Verdict:
    """What fresh seeds say of that product."""
    tree = ground.bench.tree("proof", ground.base_commit)
    (tree.path / "crawl.py").write_text(product)
    return proof_often.seen_after(ground, tree).verdict


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer passes than the thousand: what is judged is of which kind they are."""
    monkeypatch.setattr(statistics, "FLOOR", 20)


@pytest.mark.parametrize(
    "how", [*CHEATS, pytest.param("by a warm-up of each thread", marks=pytest.mark.nightly)]
)
def test_no_loop_takes_the_delays_that_show_the_race(ground: Ground, how: str) -> None:
    after = judged(ground, CHEATS.get(how, WARM_UP))
    assert after.refuses and "failed in run " in after.reason, after


@pytest.mark.usefixtures("few")
def test_an_honest_fix_with_a_long_set_up_is_proven(ground: Ground) -> None:
    after = judged(ground, RIGHT)
    assert after.passed, after


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("call", ["threading.settrace(None)", "sys.settrace(None)"])
def test_who_switches_it_off_proves_nothing(ground: Ground, call: str) -> None:
    """Of the whole runs only: where the race was lucky, the runs do not count."""
    guarded = RIGHT.replace(LOOP, f"        {call}\n")
    after = judged(ground, guarded)
    assert not after.passed and not after.refuses and "switched off" in after.reason, after


HASHED = """\
import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()


def labels():
    return ", ".join({"red", "green"})
"""
HASHED_TEST = "from crawl import labels\n\n\ndef test_it():\n    assert labels() == 'red, green'\n"


@pytest.mark.nightly  # a dozen interpreters
def test_a_thread_that_starts_later_does_not_hide_how_strings_hash(ground: Ground) -> None:
    """With it alive each run is a new interpreter; without it, runs would be forks, all alike."""
    tree = ground.bench.tree("before", ground.base_commit)
    deferred = HASHED.replace("\nthreading.Thread", "\nlater = lambda: threading.Thread")
    made = dataclasses.replace(
        ground, check=Check(HERE, ("test_crawl.py",), stress=Stress("plain", 5.0)), before=[]
    )
    looked = dataclasses.replace(measuring(Stress("plain", 5.0)), first=3)
    for place, text in (("crawl.py", HASHED), ("test_crawl.py", HASHED_TEST)):
        (tree.path / place).write_text(text)
    made.before = [made.check.often(tree.path, looked, 60)]
    made.observed = made.before[0].failures[0]
    (tree.path / "crawl.py").write_text(deferred)
    replayed, after = proof_often.replayed(made, tree), proof_often.seen_after(made, tree).verdict
    assert replayed.refuses and after.refuses, (replayed, after)
    (tree.path / "crawl.py").write_text(
        deferred.replace("{", "sorted({").replace("}", "}, reverse=True)")
    )
    assert proof_often.replayed(made, tree).passed


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ({}, {}, ""),
        ({}, {"delays": 3}, ""),  # 997 others are more than are needed
        ({}, {"delays": 990}, "used up"),
        ({}, {"lines 1": 1000}, "no longer followed"),
        ({"lines 1": 9}, {"lines 1": 1000}, ""),  # as it was before
        ({"lines 1": 9}, {"lines 1": 1000, "lines 2": 1000}, "no longer followed"),
        ({"cuts": 1}, {"cuts": 1000}, "before the fix in 1 of 9"),
        ({"cuts": 3}, {"cuts": 500}, ""),
    ],
)
def test_runs_count_that_were_perturbed_as_wholly_as_before(
    before: dict[str, int], after: dict[str, int], says: str
) -> None:
    told = unlike(
        Rate(failures=5, runs=9, ended_early=before),
        Rate(failures=0, runs=1000, ended_early=after),
        needed=700 if "cuts" in before and after["cuts"] == 1000 else 33,
    )
    assert (says in told) if says else told == "", told


def test_forks_do_not_show_what_new_interpreters_failed_with() -> None:
    before = Rate(failures=5, runs=9, how="process")
    told = unlike(before, Rate(failures=0, runs=1000), 33)
    assert "new interpreters, with the fix forks" in told, told
    assert not unlike(before, Rate(runs=9, failures=0, how="process"), 5)
