"""Waiting longer, idling, and what is set for the whole interpreter are refused; conditions are not."""

from __future__ import annotations

import ast

import pytest

from improve.guard import inspect_change

HEAD = """\
import asyncio, gc, math, os, queue, random, select, sys, threading, time
from queue import Queue

Q = queue.Queue()
E = threading.Event()
LIMIT = 0.008
"""
BEFORE = (
    HEAD
    + """

class Box:
    patience = 0.02

    def __init__(self):
        self.pause = 0.005

    def take(self, t=0.02):
        E.wait(t)
        E.wait(self.patience)
        time.sleep(self.pause)
        return Q.get(True, 0.02), Q.get(timeout=LIMIT)

    def near(self, a, b):
        return abs(a - b) < 1e-9 and abs(a) < 10


def f(code=1):
    time.sleep(LIMIT)
    time.sleep(0.3)
    E.wait(LIMIT * 2)
    select.select([E], [], [], 0.1)
    return g(code)
"""
)
BODY = "    return g(code)\n"


def told(old: str, new: str) -> str:
    """What is said of the change of ``old`` into ``new``."""
    assert BEFORE.count(old) == 1, "the case does not fit its text"
    after = BEFORE.replace(old, new)
    ast.parse(after)
    verdict = inspect_change({"m.py": BEFORE}, {"m.py": after}, "", "builtins.AssertionError")
    return "" if verdict.passed else verdict.reason


def first(*lines: str) -> tuple[str, str]:
    """These lines before the last one of ``f``."""
    return BODY, "".join(f"    {line}\n" for line in lines) + BODY


LONGER = {
    "a sleep": ("time.sleep(0.3)", "time.sleep(0.9)"),
    "a sleep's constant": ("LIMIT = 0.008", "LIMIT = 8"),
    "a sleep's attribute": ("self.pause = 0.005", "self.pause = 0.5"),
    "a sleep elsewhere": ("    time.sleep(LIMIT)\n    time.sleep(0.3)\n", "    time.sleep(9)\n"),
    "a default": ("t=0.02", "t=20"),
    "a class's number": ("patience = 0.02", "patience = 20.0"),
    "a place": ("Q.get(True, 0.02)", "Q.get(True, 20)"),
    "a keyword's constant": ("Q.get(timeout=LIMIT)", "Q.get(timeout=LIMIT * 100)"),
    "a product": ("LIMIT * 2", "LIMIT * 200"),
    "at least": ("E.wait(LIMIT * 2)", "E.wait(max(LIMIT * 2, 5))"),
    "for ever and a day": ("E.wait(LIMIT * 2)", "E.wait(1e999)"),
    "of select": ("[], 0.1)", "[], 10)"),
    "a difference": ("< 1e-9", "< 0.1"),
}
IDLE = {
    "another name": first("pause = time.sleep", "pause(0.2)"),
    "an event of its own": first("threading.Event().wait(0.2)"),
    "a queue of its own": first("Queue().get(timeout=0.2)"),
    "no files": first("select.select([], [], [], 0.2)"),
    "the clock": first("end = time.monotonic() + 1", "while time.monotonic() < end:", "    pass"),
    "until it pleases": first(
        "for _ in range(5):", "    r = g(code)", "    if r == 1:", "        return r"
    ),
}
SET = {
    "tracing": first("threading.settrace(None)"),
    "tracing here": first("sys.settrace(None)"),
    "tracing of frames": first("frame().f_trace_lines = False"),
    "switching": first("sys.setswitchinterval(10)"),
    "collecting": first("gc.disable()"),
    "collecting by another name": first("off = gc.disable", "off()"),
    "collecting by its name": first("getattr(gc, 'disable')()"),
    "the zone": first("time.tzset()"),
    "the zone's variable": first("os.environ['TZ'] = 'UTC'"),
    "the zone's variable by a call": first("os.environ.update(TZ='UTC')"),
    "randomness": first("random.seed(7)"),
}
SET["collecting, imported"] = first("from gc import disable as off", "off()")
HONEST = {
    "shorter": ("LIMIT = 0.008", "LIMIT = 0.004"),
    "without a limit": ("E.wait(LIMIT * 2)", "E.wait()"),
    "for a condition and not for a time": ("time.sleep(0.3)", "F.wait(5)"),
    "a lock": first("with LOCK:", "    code += 1"),
    "a generator of its own": first("draw = random.Random(7)", "code = draw.random()"),
    "another bound of a business rule": ("abs(a) < 10", "abs(a) < 100"),
    "what is read to its end": first(
        "for _ in range(9):", "    part = E.recv(9)", "    if not part:", "        break",
        "    code += part",
    ),
    "drawn again until it is free": first("while code in rooms:", "    code = random.randint(1, 9)"),
    "a poll of something": first("while time.monotonic() < 5:", "    code = g(code)"),
    "a dictionary's default": first("code = {}.get(code, 500)"),
    "a joined text": first("code = ', '.join(['a'])"),
    "a variable of its own": first("os.environ['SHOP'] = 'UTC'"),
    "a collection": first("gc.collect()"),
}  # fmt: skip


@pytest.mark.parametrize("case", LONGER)
def test_waiting_longer_is_refused_wherever_its_number_stands(case: str) -> None:
    assert " waits longer: " in told(*LONGER[case])


@pytest.mark.parametrize("case", IDLE)
def test_a_sleep_by_another_name_is_refused(case: str) -> None:
    reason = told(*IDLE[case])
    assert reason.startswith("m.py:") and (" sleeps: " in reason or " retries: " in reason), reason


@pytest.mark.parametrize("case", SET)
def test_what_is_set_for_the_whole_interpreter_is_refused(case: str) -> None:
    assert " sets it for the whole interpreter: " in told(*SET[case])


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_change_is_taken(case: str) -> None:
    assert told(*HONEST[case]) == ""


def test_what_the_project_does_already_is_its_own() -> None:
    text = BEFORE + "\n\ndef g(code):\n    random.seed(code)\n    threading.Event().wait(1)\n"
    moved = text.replace("random.seed(code)\n", "code += 1\n    random.seed(code)\n")
    assert inspect_change({"m.py": text}, {"m.py": moved}, "", None).passed


def test_a_sum_that_is_longer_than_any_stack_is_read() -> None:
    long = BEFORE + "TEXT = " + " + ".join(["1"] * 900) + "\n"
    assert inspect_change({"m.py": BEFORE}, {"m.py": long}, "", None).passed
