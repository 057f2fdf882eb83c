"""A lock where threads share a read and a write; nothing where that would not be sound."""

from __future__ import annotations

import threading
from textwrap import dedent

import pytest

from improve.repair.fixer_races import unguarded_update
from improve.repair.source import apply, parse


def repaired(text: str) -> list[str]:
    source = parse("bank.py", dedent(text).encode())
    assert source is not None
    made = [apply(source, one.edits) for _, one in unguarded_update({"bank.py": source})]
    assert None not in made
    return [one for one in made if one]


CLASS = '''\
    """Accounts."""


    class Account:
        """One."""

        def __init__(self):
            """Empty."""
            self.balance = 0

        def deposit(self, amount):
            """Add."""
            before = self.balance

            # a comment stays where it is
            self.balance = before + amount
            return self.balance

        def withdraw(self, amount):
            if amount:
                self.balance -= amount
    '''


def test_each_read_and_write_of_the_attribute_is_held_together() -> None:
    (text,) = repaired(CLASS)
    assert text.startswith('"""Accounts."""\n\nimport threading\n\n\nclass Account')
    assert '"""Empty."""\n        self._lock = threading.Lock()\n        self.balance = 0' in text
    assert (
        "        with self._lock:\n            before = self.balance\n\n"
        "            # a comment stays where it is\n            self.balance = before + amount\n"
        "        return self.balance\n"
    ) in text
    assert (
        "        with self._lock:\n            if amount:\n                self.balance -= amount\n"
        in text
    )


def test_what_it_writes_runs() -> None:
    (text,) = repaired(CLASS)
    space: dict[str, object] = {}
    exec(compile(text, "bank.py", "exec"), space)
    account = space["Account"]()  # type: ignore[operator]
    threads = [threading.Thread(target=account.deposit, args=(2,)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    account.withdraw(1)
    assert account.balance == 5


def test_a_lock_that_is_there_is_taken_and_one_that_comes_back_is_an_rlock() -> None:
    own = CLASS.replace(
        "self.balance = 0", "self.balance, self.x = 0, 1\n            self.gate = threading.RLock()"
    )
    (text,) = repaired(own)
    assert "with self.gate:" in text and "_lock" not in text
    again = CLASS.replace("# a comment stays where it is", "self.told()")
    assert "threading.RLock()" in repaired(again)[0]


@pytest.mark.parametrize(
    "old_new",
    [
        ("# a comment stays where it is", "await self.other()"),
        ("# a comment stays where it is", "yield 1"),
        ("self.balance = before + amount", "other = before + amount"),
        ("def __init__(self):", "def begin(self):"),
    ],
)
def test_nothing_is_proposed_where_it_would_not_be_sound(old_new: tuple[str, str]) -> None:
    text = CLASS.replace(*old_new).replace("self.balance -= amount", "pass")
    if "await" in old_new[1]:
        text = text.replace("def deposit", "async def deposit")
    assert repaired(text) == []


def test_what_is_guarded_already_is_left_alone() -> None:
    guarded = CLASS.replace(
        "before = self.balance\n", "with self.gate:\n                self.balance += amount\n"
    )
    guarded = guarded.replace("self.balance = before + amount", "pass")
    assert repaired(guarded.replace("self.balance -= amount", "pass")) == []
