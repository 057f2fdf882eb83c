"""Counts runs until the question is answered, and tells how each of them ended.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os
import resource
import sys
import time

import improve_amplifiers as amplifiers
import improve_lanes as lanes

BEAT_SECONDS = 0.5
WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
START_SECONDS = 20  # a new interpreter starts and collects first


class Count:
    """So many runs, so many failures; ``write`` takes what is recorded."""

    def __init__(self, wanted, write):
        self.wanted, self.write = wanted, write
        self.runs = self.failures = 0
        self.unable, self.lines, self.how = None, [], "fork"
        self.early = {}  # what came to an early end -> in how many runs

    def forks(self, work, only):
        """A fork of this process each; ``only`` is the one test's id, or None for several."""
        self.repeat(work, self.wanted.limit, only)

    def processes(self):
        """A new interpreter each."""
        self.how = "process"
        self.repeat(self.execute, self.wanted.limit + START_SECONDS)

    def execute(self, seed, write, wait):
        for descriptor in (write, wait):
            os.set_inheritable(descriptor, True)
        program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "improve_stress.py")  # noqa: PTH118, PTH120
        argv = [sys.executable, program, f"--once={write}", f"--go={wait}"]
        argv += ["--first", str(seed), "--amplifier", self.wanted.amplifier, "--"]
        world = dict(os.environ, PYTHONHASHSEED=str(amplifiers.hashing(seed)))
        os.execve(sys.executable, argv + self.wanted.nodes, world)  # noqa: S606 - no shell is meant

    def repeat(self, work, limit, only=None):
        wanted, began, beat, why = self.wanted, time.monotonic(), 0.0, "runs"
        at_once, cores = amplifiers.at_once(wanted.amplifier), os.cpu_count() or 1
        seeds = wanted.seeds or range(wanted.first, wanted.first + wanted.runs)
        if wanted.seeds and at_once > 1:  # a run under this setting is one in company
            seeds = wanted.seeds * -(-at_once // len(wanted.seeds))
        # With one processor a child that waits would only take time from the one that runs.
        ahead = 0 if cores == 1 else cores if self.how == "process" else 1
        forks = self.how == "fork"
        found = lanes.runs(work, seeds, limit, began + wanted.seconds, at_once, ahead, forks)
        for seed, reports, late in found:
            self.runs += 1
            if time.monotonic() - beat >= BEAT_SECONDS:
                beat = time.monotonic()
                self.write("at", runs=self.runs, failures=self.failures)
            for name in said(reports, "end", "early") or ():
                self.early[name] = self.early.get(name, 0) + 1
            verdict = judged(reports, late)
            if verdict == "failed":
                self.failed(seed, reports, late, only)
            if verdict in ("nothing", "unable"):
                why, self.unable = verdict, said(reports, "unable", "why")
            elif self.failures >= wanted.until:
                why = "failures"
            if why != "runs":
                break
        found.close()
        if why == "runs" and self.runs < len(seeds):
            why = "time"
        self.close(why)

    def failed(self, seed, reports, late, only):
        self.failures += 1
        drawn = said(reports, "drawn", "drawn") or {}
        kept = [{"kind": "start", "id": only}] if only else []
        kept += [one for one in reports if not one.get("end")]
        self.write("failed", seed=seed, late=late, records=kept, drawn=drawn)
        self.lines.append(line_of(seed, reports, late, drawn))

    def close(self, why):
        told = f"{self.failures} of {self.runs} runs failed ({self.wanted.amplifier})"
        self.lines.append(f"{told}: {self.unable}" if self.unable else told)
        spent = [sum(resource.getrusage(who)[:2]) for who in WHOSE]
        self.write(
            "stressed", runs=self.runs, failures=self.failures, why=why, how=self.how,
            unable=self.unable, cpu=sum(spent), early=self.early,
        )  # fmt: skip


def judged(reports, late):
    """'passed', 'failed', 'nothing' when no test ran to a pass and none failed, or 'unable'."""
    if said(reports, "unable", "why"):
        return "unable"
    ended = [entry for entry in reports if entry.get("end")]
    if late or not ended or any(entry.get("outcome") == "failed" for entry in reports):
        return "failed"
    return "passed" if ended[-1].get("ran") else "nothing"


def line_of(seed, reports, late, drawn):
    """'seed 17 (zone Etc/GMT+12): AssertionError: ...', for who replays by hand."""
    given = ", ".join(f"{name} {value}" for name, value in drawn.items())
    failed = next((one for one in reports if one.get("outcome") == "failed"), {})
    why = failed.get("message") or ("it took too long" if late else "it ended the process")
    return f"seed {seed}" + (f" ({given})" if given else "") + ": " + why.split("\n")[0]


def said(reports, kind, field):
    """What a run said of itself, or None."""
    return next((one.get(field) for one in reports if one.get("kind") == kind), None)
