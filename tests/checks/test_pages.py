"""The memory that a run writes to is copied before the run: fewer faults in it, the same results."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from improve.checks.pytest_check import INSIDE

# Five runs of a work that touches many objects; each tells the page faults it met and what it saw.
PROGRAM = """
import json, os, resource, sys
sys.path.insert(0, sys.argv[1])
import improve_lanes, improve_pages
improve_lanes.MANY = 5
if sys.argv[2] != "brought":
    improve_pages.bringing = lambda pages: None
held = [[number] for number in range(200_000)]

def work(seed, write, wait):
    improve_lanes.told_to_go(wait)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for one in held[::40]:
        one[0] += seed
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    if sys.argv[2] == "replaced":
        import time
        time.sleep = os._exit = None
    improve_lanes.tell(write, {"faults": faults, "sum": sum(one[0] for one in held[::40]), "end": True})

found = [reports[-1] for _, reports, late in improve_lanes.runs(work, range(1, 7), 20, 1e9)]
page = {id(held) // 4096 * 4096}
can = improve_pages.bringing(page) is not None
print(json.dumps({"runs": found, "held": held[0], "can": can}))
"""


def told(how: str) -> tuple[list[int], list[int], bool]:
    """Faults of each run, what each summed up, and whether this system can bring pages."""
    argv = [sys.executable, "-c", PROGRAM, str(INSIDE), how]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
    assert not done.stderr, f"a child did not end in its place: {done.stderr}"
    found = json.loads(done.stdout)
    assert found["held"] == [0], "a run wrote into the memory of its server"
    runs = found["runs"]
    return [one["faults"] for one in runs], [one["sum"] for one in runs], found["can"]


def test_what_is_brought_is_not_copied_during_the_run() -> None:
    usual, sums, _ = told("as needed")
    faults, same, can = told("brought")
    expected = [sum(range(0, 200_000, 40)) + 5000 * seed for seed in range(1, 7)]
    assert sums == same == expected, "a run saw what another had written"
    if not can:
        pytest.skip("this kernel copies nothing in advance")
    first, *others = faults
    assert min(usual) > 500 and first > 500, (usual, faults)  # the first shows which pages
    assert max(others) < 50, (usual, faults)


def test_a_run_that_replaces_what_ends_it_ends_all_the_same() -> None:
    _, sums, _ = told("replaced")
    assert len(sums) == 6
