"""Changes that make a failure go away without its cause are refused; honest ones are not."""

from __future__ import annotations

import ast
import textwrap

import pytest

from improve.guard import inspect_change
from improve.guard.change import GOOD

TEST = "from shop import total\n\n\ndef test_it():\n    assert total([1250, 'blue'], timeout=5) == 731\n"
BEFORE = textwrap.dedent('''\
    import time

    TIMEOUT = 5


    def total(items, timeout=5.0, tol=1e-6):
        """Sum of items."""
        result = 0
        for item in items:
            try:
                result += price(item)
            except KeyError:
                pass
        time.sleep(0.1)
        return result
''')


def told(old: str, new: str, error: str | None = "builtins.ValueError") -> str:
    """What is said of the change of ``old`` into ``new``."""
    assert old in BEFORE, "the case does not fit its text"
    after = BEFORE.replace(old, new)
    ast.parse(after)  # a case that is no Python would show nothing
    verdict = inspect_change({"shop.py": BEFORE}, {"shop.py": after}, TEST, error)
    return "" if verdict.passed else verdict.reason


BODY = "    result = 0\n"


def first(*lines: str) -> tuple[str, str]:
    """These lines at the top of ``total``'s body."""
    return BODY, "".join(f"    {line}\n" for line in lines) + BODY


CHECKED = ("try:", "    check()")
CHEATS = {
    "swallows everything": first(*CHECKED, "except Exception:", "    pass"),
    "swallows bare": first(*CHECKED, "except:", "    return None"),
    "swallows the very error": first(*CHECKED, "except ValueError:", "    return 0"),
    "suppresses": first("with contextlib.suppress(Exception):", "    check()"),
    "sleeps": first("time.sleep(0.5)"),
    "sleeps awake": first("await asyncio.sleep(1)"),
    "retries": first(
        "for _ in range(3):",
        "    try:",
        "        return check()",
        "    except OSError:",
        "        continue",
    ),
    "retries by decorator": ("def total(", "@tenacity.retry(stop=3)\ndef total("),
    "widens a default": ("timeout=5.0", "timeout=50.0"),
    "widens a constant": ("TIMEOUT = 5", "TIMEOUT = 60"),
    "widens a tolerance": ("tol=1e-6", "tol=0.1"),
    "special-cases a number": first("if 1250 in items:", "    return 731"),
    "special-cases a text": first("if items[-1] == 'blue':", "    return 731"),
    "special-cases by table": first("known = {1250: 731}"),
    "special-cases by match": first("match items[0]:", "    case 1250:", "        return 731"),
    "looks at its caller": first("if 'test' in sys._getframe(1).f_code.co_name:", "    return 731"),
    "always equal": first(
        "class Same(int):", "    def __eq__(self, other):", "        return True"
    ),
    "always equal by name": first("kind = type('A', (int,), {'__eq__': lambda s, o: True})"),
    "equal whatever the other is": first(
        "class Same(int):", "    def __eq__(self, other):", "        return len(MODULES) > 3"
    ),
    "equal by a function without a name": first(
        "class Same(int):", "    __eq__ = lambda self, other: not TESTED"
    ),
    "runs text": first("eval('1')"),
}
HONEST = {
    "another operator": ("result += price(item)", "result += 2 * price(item)"),
    "a bound": ("for item in items:", "for item in items[1:]:"),
    "a narrow handler that acts": first(
        *CHECKED, "except OSError as error:", "    raise RuntimeError('x') from error"
    ),
    "a narrow handler of something else": first(
        "try:", "    import fast", "except ImportError:", "    fast = None"
    ),
    "a branch on a value": first("if not items:", "    return 0"),
    "a branch on a common literal": first("if items[0] == 0:", "    return 0"),
    "a branch that computes": first("if items[-1] == 'blue':", "    items = items[:-1]"),
    "a shorter timeout": ("timeout=5.0", "timeout=1.0"),
    "less sleep": ("    time.sleep(0.1)\n", ""),
    "a loop that skips": first("for item in items:", "    if item is None:", "        continue"),
    "a new function": ("def total(", "def price(item):\n    return PRICES[item]\n\n\ndef total("),
    "an equality that compares": first(
        "class Item:", "    def __eq__(self, other):", "        return self.name == other.name"
    ),
    "an equality that is left to others": first(
        "class Item:", "    def __eq__(self, other):", "        return NotImplemented"
    ),
}


@pytest.mark.parametrize("case", CHEATS)
def test_a_way_around_the_cause_is_refused_with_its_line(case: str) -> None:
    reason = told(*CHEATS[case])
    assert reason.startswith("shop.py:"), f"{case} was taken"


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_change_is_taken(case: str) -> None:
    assert told(*HONEST[case]) == ""


def test_a_narrow_handler_is_refused_only_when_it_catches_the_failure_itself() -> None:
    old, new = CHEATS["swallows the very error"]
    assert told(old, new, "KeyError") == ""


def test_what_was_there_before_is_not_held_against_the_change() -> None:
    moved = BEFORE.replace("    time.sleep(0.1)\n", "").replace(
        BODY, "    time.sleep(0.1)\n" + BODY
    )
    assert inspect_change({"shop.py": BEFORE}, {"shop.py": moved}, TEST, None).reason == GOOD


def test_a_new_file_is_looked_at_too_and_what_is_no_python_is_left_to_the_proof() -> None:
    new = {
        "wait.py": "import time\ntime.sleep(3)\n",
        "notes.txt": "time.sleep(3)",
        "bad.py": "def (:",
    }
    verdict = inspect_change({}, new, TEST, None)
    assert verdict.reason == "wait.py:2 sleeps: calls time.sleep"


CALLS = """\
class Shop:
    def _price(self, item, count, rebate, taxed):
        return item

    def price(self, item, count, rebate):
        return self._price(item, count, rebate, False)
"""


@pytest.mark.parametrize(
    ("call", "taken"),
    [
        ("item, rebate, count, False", False),
        ("item, count, False, rebate", False),
        ("item, count, item, False", False),
        ("item, count, rebate, True", True),
        ("item, count, rebate or 0, False", True),
        ("item, count=rebate, rebate=count, taxed=False", True),
    ],
)
def test_an_argument_that_leaves_the_parameter_of_its_name_is_refused(
    call: str, taken: bool
) -> None:
    after = CALLS.replace("item, count, rebate, False", call)
    verdict = inspect_change({"shop.py": CALLS}, {"shop.py": after}, "", None)
    assert verdict.passed is taken, verdict.reason
    assert taken or "shop.py:6 crosses arguments: _price is given" in verdict.reason
