"""Which settings are tried, in which order, for how long; and which one is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from improve.checks.stress import Stress
from improve.records import CheckRun, Failure, Rate, Stressed, TargetEnvironment
from improve.records.request import SETTINGS
from improve.records.stress import Series
from improve.reproduction.by_stress import HANGS
from improve.reproduction.candidates import ALL, candidates, imported, shown_first
from improve.reproduction.measure import LOOKING_SEEDS, Measured, limit_after, measure

RIGHT = Failure(error_type="AssertionError", message="assert 1 == 2", signature="right")
OTHER = Failure(error_type="OSError", message="too many", signature="other")


@pytest.mark.parametrize(
    ("failure", "text", "first"),
    [
        (None, "import threading", "thread-noise"),
        (None, "import asyncio\nasyncio.run(main())", "timer-jitter"),
        (None, "names = os.listdir(folder)", "directory-order"),
        (None, "import weakref", "gc-threshold"),
        (None, "data = connection.recv(1024)", "socket-pieces"),
        (None, "from datetime import date\ndate.today()", "clock"),
        (Failure(message="assert datetime.date(2026, 1, 31) == 1"), "", "clock"),
        (Failure(message="assert '2026-01-31' == '2026-02-01'"), "", "clock"),
        (Failure(error_type="OSError", message="[Errno 98] Address already in use"), "", "workers"),
        (Failure(kind="timeout", message="the test ended"), "x.wait(timeout=1)", "workers"),
        (Failure(error_type="OSError", message="[Errno 24] Too many open files"), "", "file-limit"),
        (Failure(error_type="KeyError", message="'b'"), "{'a', 'b'}.pop()", "hash-seed"),
        (Failure(error_type="UnicodeDecodeError", message="'ascii' codec"), "", "locale"),
    ],
)
def test_evidence_decides_what_is_tried_first(
    failure: Failure | None, text: str, first: str
) -> None:
    found = candidates(failure, [text])
    assert found[0] == first, found


def test_limits_are_tried_only_for_failures_that_speak_of_them() -> None:
    found = candidates(None, ["open(x)", "import ("])
    assert not {"file-limit", "memory-limit"} & set(found) and "hash-seed" in found
    assert candidates(Failure(error_type="MemoryError"), [])[0] == "memory-limit"


def test_what_many_runs_showed_is_tried_before_what_is_likely() -> None:
    rates = {"plain": 9, "zone": 1, "locale": 0, "memory-limit": 4}
    before = tuple(
        Series(planned=10, rate=Rate(amplifier=name, failures=failures, runs=10))
        for name, failures in rates.items()
    )
    place = TargetEnvironment(python="p", python_version="3", key="", source="")
    found = Stressed(
        toolkit="1", node_ids=("a.py::b",), test_sha256="", commit="", environment=place,
        settings=tuple(rates), before=before,
    )  # fmt: skip
    likely = ("clock", "zone", "locale")
    assert shown_first(found, likely) == ("memory-limit", "zone", "clock", "locale")
    assert shown_first(None, likely) == likely
    assert shown_first(found, likely, "locale")[:3] == ("locale", "memory-limit", "zone")
    assert shown_first(None, likely, "file-limit") == ("file-limit", *likely), "asked for by name"


def test_a_request_may_name_each_setting_and_no_other() -> None:
    assert sorted(SETTINGS) == sorted(one.setting for one in ALL)


def test_imports_name_what_may_be_a_module() -> None:
    assert imported("import a.b\nfrom c import d\nfrom . import e\n") == ["a.b", "c", "c.d", "e"]
    assert imported("import (") == []


def tried(
    shares: Mapping[str, tuple[float, Failure]],
    seconds: float = 300,
    pace: float = 100,
    by_luck: str = "",
    by_look: Mapping[str, float] | None = None,
    apart: float | None = None,
    expected: Failure | None = RIGHT,
    hangs: bool = False,
    told: Callable[[str], None] = lambda _text: None,
) -> tuple[Measured, list[Stress]]:
    """``measure`` where a setting's runs fail at a fixed share, ``pace`` runs a second.

    ``by_luck`` is a setting that fails in its short looks alone, ``by_look`` shares in these;
    ``apart`` is the share of new interpreters that fail.
    """
    clock, stresses = [seconds], []

    def often(stress: Stress, most: float) -> CheckRun:
        stresses.append(stress)
        share, failure = shares.get(stress.amplifier, (0.0, RIGHT))
        if stress.amplifier == by_luck and stress.first != LOOKING_SEEDS:
            share = 0.0
        if stress.first == LOOKING_SEEDS:
            share = (by_look or {}).get(stress.amplifier, share)
        if stress.processes and apart is not None:
            share = apart
        complete = share >= 0
        runs = min(stress.runs, int(most * pace), int(stress.until / share) if share > 0 else 10**9)
        failures = min(stress.until, int(runs * share + 1e-9)) if complete else 0
        clock[0] -= runs / pace if complete else 0
        return CheckRun(
            command=(), seconds=0, returncode=1 if failures else 0, complete=complete, failures=(failure,) * failures,
            rate=Rate(amplifier=stress.amplifier, failures=failures, runs=runs),
        )  # fmt: skip

    settings = ("thread-noise", "zone", "locale", "workers")
    return measure(often, expected, settings, 0.1, lambda: clock[0], told, hangs), stresses


def test_plain_is_preferred_where_it_fails_often_enough() -> None:
    found, stresses = tried({"plain": (0.1, RIGHT), "zone": (1.0, RIGHT)})
    assert found.stress and found.stress.amplifier == "plain" and len(stresses) == 1


def test_a_short_look_at_each_finds_the_one_that_shows_it() -> None:
    found, stresses = tried({"zone": (0.5, RIGHT)})
    assert found.stress and found.stress.amplifier == "zone" == found.rates[-1].amplifier
    asked = [one.amplifier for one in stresses]
    assert asked == ["plain", "thread-noise", "zone", "zone", "plain"], "made anew, beside plain"
    assert found.observed == RIGHT and found.rates[-1].failures == 5
    assert found.compared and found.compared.setting == found.rates[-1]
    assert found.compared.plain.failures == 0 and found.compared.chance < 0.01, found.compared


def test_each_look_is_told_when_it_begins() -> None:
    """Else the last words of the one before stand there while others run."""
    told: list[str] = []
    _, stresses = tried({"zone": (0.5, RIGHT)}, told=told.append)
    assert [one.partition(":")[0] for one in told] == [one.amplifier for one in stresses]
    assert told[-2:] == ["zone: new runs, with other seeds", "plain: new runs, to compare with"]


def test_what_failed_each_time_until_its_time_was_up_is_asked_further_at_once() -> None:
    """A machine so busy that a look has time for two or three runs."""
    found, stresses = tried({"thread-noise": (1.0, RIGHT)}, seconds=120, pace=0.4)
    assert found.stress and found.stress.amplifier == "thread-noise", found.rates
    asked = [one.amplifier for one in stresses]
    assert asked == ["plain", *["thread-noise"] * 3, "plain"], asked  # forks, then interpreters


def test_what_promised_much_and_kept_little_does_not_take_the_turn_of_the_others() -> None:
    shares = {"thread-noise": (0.2, RIGHT), "workers": (0.9, RIGHT)}
    found, stresses = tried(shares, pace=1, by_luck="thread-noise")
    assert found.stress and found.stress.amplifier == "workers", found.rates
    asked = [one.amplifier for one in stresses]
    assert asked.count("thread-noise") == 2 and asked[-3:] == ["workers", "workers", "plain"], asked


def test_the_best_of_those_that_showed_it_is_measured_with_other_seeds() -> None:
    found, stresses = tried({"thread-noise": (0.03, RIGHT), "workers": (0.1, RIGHT)})
    assert found.stress and found.stress.amplifier == "workers", found
    looked, measured = [one for one in stresses if one.amplifier == "workers"]
    beside = stresses[-1]
    assert looked.first + looked.runs < measured.first == beside.first and measured.until == 5
    assert (beside.amplifier, beside.until) == ("plain", beside.runs + 1), "all of them are made"
    assert [one.amplifier for one in found.rates].count("workers") == 1


def test_what_fails_no_more_often_than_plain_runs_is_not_chosen() -> None:
    """Three failures of forty are not much beside five of a hundred."""
    found, _ = tried({"plain": (0.05, RIGHT), "zone": (0.075, RIGHT), "workers": (0.2, RIGHT)})
    assert found.stress and found.stress.amplifier == "workers", found.rates
    found, _ = tried({"plain": (0.05, RIGHT), "zone": (0.125, RIGHT)}, by_luck="zone")
    assert found.stress and found.stress.amplifier == "plain" == found.rates[-1].amplifier


def test_twice_as_often_is_no_reason_to_leave_the_plain_rate_however_sure_it_is() -> None:
    """Seen with a tight timeout: threads that pause now and then made it 5 % of 2 %: no race."""
    found, stresses = tried({"plain": (0.02, RIGHT), "zone": (0.05, RIGHT)}, by_look={"zone": 0.2})
    assert found.stress and found.stress.amplifier == "plain" == found.rates[-1].amplifier
    assert [one.amplifier for one in stresses].count("zone") >= 2, "it was compared"


def test_what_only_fails_under_a_setting_is_kept_but_not_called_its_doing() -> None:
    """Too slow to make the plain runs that would tell."""
    found, _ = tried({"zone": (0.06, RIGHT)}, pace=2, seconds=240)
    assert found.stress and found.stress.amplifier == "zone" == found.rates[-1].amplifier
    assert found.compared is None or found.compared.chance > 0.01, found.compared


def test_of_two_that_could_not_be_told_from_plain_the_one_with_the_most_failures_stays() -> None:
    found, _ = tried({"zone": (0.05, RIGHT), "workers": (0.08, RIGHT)}, pace=1, seconds=400)
    assert found.stress and found.stress.amplifier == found.rates[-1].amplifier == "workers"


def test_what_is_rare_everywhere_gets_a_longer_look() -> None:
    found, stresses = tried({"locale": (0.004, RIGHT)})
    assert found.stress and found.stress.amplifier == "locale"
    assert max(one.runs for one in stresses if one.amplifier == "thread-noise") >= 400


def test_another_failure_does_not_count() -> None:
    found, _ = tried({"zone": (0.9, OTHER), "workers": (0.2, RIGHT)})
    assert found.stress and found.stress.amplifier == "workers"


def test_a_setting_that_cannot_be_had_is_left_out_and_the_time_is_kept() -> None:
    found, stresses = tried({"zone": (-1, RIGHT)}, seconds=60)
    assert found.stress is None and {one.amplifier for one in found.rates} == {
        "plain", "thread-noise", "locale", "workers",
    }  # fmt: skip
    assert [one.amplifier for one in stresses].count("zone") == 1


def test_a_plain_rate_that_is_low_does_not_end_the_search() -> None:
    """At 2 % a proof takes long, and what would have moved the rate stays unknown."""
    found, _ = tried({"plain": (0.02, RIGHT), "workers": (0.3, RIGHT)})
    assert found.stress and found.stress.amplifier == "workers"
    found, _ = tried({"plain": (0.02, RIGHT), "workers": (0.04, RIGHT)})
    assert found.stress and found.stress.amplifier == "plain", "twice as often is no reason"


def test_what_fails_in_every_fork_of_a_process_is_not_taken_for_its_plain_rate() -> None:
    """Forks share the hash seed of their server: five of five there may be none in the next."""
    found, stresses = tried({"plain": (1.0, RIGHT), "workers": (0.5, RIGHT)})
    assert found.stress and found.stress.amplifier == "workers"
    assert len(stresses) > 1


@pytest.mark.parametrize("apart", [1.0, 0.25])
@pytest.mark.parametrize("setting", ["plain", "zone"])
def test_where_all_forks_fail_new_interpreters_have_to_as_well(setting: str, apart: float) -> None:
    """Else one number that was drawn at import is proven away by another one."""
    shares = {name: (1.0, RIGHT) for name in ("thread-noise", "zone", "locale", "workers", "plain")}
    found, stresses = tried(shares if setting == "plain" else {setting: (1.0, RIGHT)}, apart=apart)
    assert any(one.processes for one in stresses), stresses
    chosen = found.stress.amplifier if found.stress else None
    if setting == "plain":
        assert chosen == ("plain" if apart == 1 else None), found.rates
    else:
        assert found.compared is None or found.compared.chance > 0.01, (
            "as often as plain ones there"
        )


def test_a_run_that_hangs_costs_fifty_plain_ones_and_not_the_start_of_an_interpreter() -> None:
    def rate(runs: int, seconds: float) -> Rate:
        return Rate(amplifier="plain", failures=0, runs=runs, seconds=seconds)

    assert limit_after(rate(100, 20), limit=40) == 10
    assert limit_after(rate(1000, 2), limit=40) == 5, "never less: a busy machine is no hang"
    assert limit_after(rate(100, 200), limit=40) == 40
    assert limit_after(rate(4, 0.4), limit=40) == 40, "four runs tell nothing"
    _, stresses = tried({"zone": (0.5, RIGHT)})
    assert {one.limit for one in stresses} == {5}


LATE = Failure(kind="timeout", error_type="Timeout", message="the test ended at its time limit")


@pytest.mark.parametrize(
    ("shares", "given", "found"),
    [
        ({"zone": (1.0, LATE)}, {}, False),
        ({"zone": (1.0, LATE)}, {"hangs": True}, True),  # the request says so
        ({"zone": (1.0, LATE), "plain": (0.02, LATE)}, {}, True),
        ({"zone": (1.0, LATE)}, {"expected": LATE}, True),  # the log does
        ({"zone": (1.0, OTHER)}, {}, True),
    ],
)
def test_a_run_at_its_limit_alone_may_be_the_settings_own_doing(
    shares: dict[str, tuple[float, Failure]], given: dict[str, Any], found: bool
) -> None:
    measured, _ = tried(shares, **{"expected": None, **given})
    assert (measured.stress is not None) is found, measured


@pytest.mark.parametrize(
    ("prompt", "hangs"),
    [
        ("It hangs now and then.", True),
        ("Sometimes CI times out here", True),
        ("a time-out, or stuck", True),
        ("The changes fail in some timezones.", False),
    ],
)
def test_the_request_tells_of_a_hang_in_words(prompt: str, hangs: bool) -> None:
    assert bool(HANGS.search(prompt)) is hangs
