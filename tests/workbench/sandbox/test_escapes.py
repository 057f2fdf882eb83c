"""Every way out is tried inside and, as the control, outside: what works outside is denied inside."""

from __future__ import annotations

import os
from typing import Any

import pytest

from improve.workbench import sandbox
from improve.workbench.sandbox import bubblewrap
from improve.workbench.sandbox.probe import GAPS, probe

LEAST = 27


def test_every_way_out_is_denied_but_the_gaps_that_are_named(level: sandbox.Level) -> None:
    counted = [one for one in probe(level) if one.control]
    assert len(counted) >= LEAST, "too few ways work without a sandbox here to show anything"
    open_ = {one.name for one in counted if not one.denied}
    assert open_ <= GAPS.get(level, frozenset()), {o.name: o.said for o in counted if not o.denied}


def test_bubblewrap_has_no_gaps_and_landlock_just_these() -> None:
    assert set(GAPS) == {"landlock"}
    assert GAPS["landlock"] == {
        "change the mode of a file outside", "change the date of a file outside",
        "write to shared memory", "see another process",
    }  # fmt: skip


def test_the_probe_sees_a_door_that_is_open(level: sandbox.Level) -> None:
    seen = {one.name: one for one in probe(level, network="open")}
    reached = seen["connect to the machines loopback"]
    assert reached.control and not reached.denied, reached.said
    assert seen["read a file outside"].denied, "the other doors stay shut"


def test_without_a_sandbox_the_probe_finds_the_ways_open() -> None:
    open_ = [one.name for one in probe("none") if not one.denied]
    assert len(open_) >= LEAST, open_


@pytest.mark.parametrize(
    ("spoilt", "way"),
    [
        ("environment", "find the secret in a parents environment"),
        ("proc", "change a kernel setting"),
        ("filter", "read a key of the kernels keyring"),
    ],
)
def test_a_defence_that_is_taken_out_of_the_command_line_is_missed(
    spoilt: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := sandbox.works("bubblewrap"):
        pytest.skip(why)
    if way not in {one.name for one in probe("none") if not one.denied}:
        pytest.skip("outside it cannot be done here either")
    whole = bubblewrap.command

    def command(argv: Any, env: dict[str, str], fence: Any, cwd: Any) -> list[str]:
        made = whole(argv, env, fence, cwd)
        end = made.index("--")
        if spoilt == "environment":
            # What looks right: the program's environment is empty. But bubblewrap's own is not,
            # and it is process 1 inside.
            env.update(os.environ)
            return [*made[:end], "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", *made[end:]]
        at = made.index({"proc": "--remount-ro", "filter": "--seccomp"}[spoilt])
        return [*made[:at], *made[at + 2 :]]

    monkeypatch.setattr(bubblewrap, "command", command)
    assert way in {one.name for one in probe("bubblewrap") if not one.denied}
