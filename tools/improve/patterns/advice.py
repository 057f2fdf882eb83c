"""What to try first with a flaky test, and the request that has it reproduced and repaired. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from improve.prompts import percent
from improve.records.analysis import Case
from improve.records.history import Said
from improve.records.request import SETTINGS

# Amplifiers are those of checks/inside/improve_amplifiers.py; what is none of them is told in words.
PLAIN, UNKNOWN = "plain", "thread-noise"
BY_DIMENSION = {
    "earlier": ("order", "It shares state with {level}, which ran before it: run the two in that order."),
    "before": ("order", "It shares state with {level}, which ran just before: run the two in that order."),
    "position": ("order", "It depends on what ran before it: shuffle the order."),
    "hour": ("clock", "It depends on the time of day: read the clock once, with a zone, and try {level} UTC."),
    "duration": ("busy-processors", "It fails when it is slow: a timeout or a race; load the machine."),
    "machine": ("busy-processors", "It fails on a busy machine: a timeout or a race; load the machine."),
    "worker": ("busy-processors", "{Only} on worker {level}: look for what workers share (ports, files, databases)."),
    "runner": (PLAIN, "{Only} on the runner {level}: compare that machine with the others."),
    "os": (PLAIN, "{Only} on {level}: reproduce it there."),
    "python": (PLAIN, "{Only} with Python {level}: reproduce it with that version."),
    "matrix": (PLAIN, "{Only} with the matrix value {level}: reproduce it with that."),
    "label": (PLAIN, "{Only} on runners labelled {level}: reproduce it there."),
}  # fmt: skip
BY_ERROR = (
    (re.compile(r"timeout|timed out|deadline", re.IGNORECASE), "busy-processors", "a timeout"),
    (re.compile(r"asyncio|cancelled|event loop", re.IGNORECASE), "timer-jitter", "timers"),
    (re.compile(r"dictionary changed|set changed|deque mutated"), "thread-noise", "threads"),
)


def first_step(cases: Sequence[Case]) -> tuple[str, str]:
    """Amplifier and hint for tests that are repaired as one; what the runs show goes before words."""
    together = (
        f"{len(cases)} tests fail together: look for what they share (a fixture, a service, a module). "
        if len(cases) > 1
        else ""
    )
    found = [case.findings[0] for case in cases if case.findings]
    if found:
        one = min(found, key=lambda finding: finding.q)
        amplifier, words = BY_DIMENSION[one.dimension.partition(".")[0]]
        share = "Mostly" if one.failures_without else "Only"
        return amplifier, together + words.format(level=one.level, Only=share)
    said = " ".join(one.text for one in cases[0].signatures[:3])
    for pattern, amplifier, what in BY_ERROR:
        if pattern.search(said[:1000]):
            return amplifier, f"{together}What it says points at {what}; the runs do not tell more."
    return UNKNOWN, f"{together}The runs do not tell what it depends on."


def request(
    cases: Sequence[Case], amplifier: str, hint: str, said: Said | None, number: int
) -> dict[str, object]:
    """info.json for the test of ``cases`` that fails most; {} where it cannot be named to pytest.

    ``said`` is what one of its failures says. It is run first under ``amplifier``, which is what
    ``first_step`` told, unless that knows nothing: then the code says more, which is read later.
    """
    case = cases[0]
    found: dict[str, object] = {"deterministic": False, "prompt": _prompt(cases, hint)}
    if amplifier in SETTINGS and amplifier != UNKNOWN:
        found["try-first"] = amplifier
    if case.last_url:
        found["url"] = case.last_url
    elif "::" in case.test and said is not None:
        found["raw-logs"] = _as_log(case.test, said)
    else:
        return {}
    return {**found, "name": name_of(case.test, number)}


def name_of(test: str, number: int) -> str:
    """A name for folders and branches; the rank keeps equal ones apart."""
    words = re.findall(r"[a-z0-9]+", test.lower().rpartition("::")[2] or test.lower())
    return f"{number:02d}-{'-'.join(words)}"[:60].rstrip("-")


def _prompt(cases: Sequence[Case], hint: str) -> str:
    case = cases[0]
    low, high = (percent(rate) for rate in case.interval)
    lines = [
        f"{case.test} fails now and then in CI: {case.failures} of {case.runs} runs "
        f"({percent(case.rate)}; 95 % interval {low} to {high})."
    ]
    lines += [
        f"It fails more often {one.words}: {one.failures_with} of {one.runs_with} runs there, "
        f"{one.failures_without} of {one.runs_without} elsewhere."
        for one in case.findings[:3]
    ]
    if len(cases) > 1:
        others = ", ".join(one.test for one in cases[1:6])
        lines.append(f"In the same jobs {len(cases) - 1} more tests fail, among them {others}.")
    return " ".join([*lines, hint])


def _as_log(node_id: str, said: Said) -> str:
    """The failure as pytest's own log has it, so that it is read like any other."""
    title = node_id.partition("::")[2].replace("::", ".")
    return "\n".join(
        [
            " FAILURES ".center(80, "="),
            f" {title} ".center(80, "_"),
            said.excerpt,
            " short test summary info ".center(80, "="),
            f"FAILED {node_id} - {said.error}",
            " 1 failed in 1.00s ".center(80, "="),
            "",
        ]
    )
