"""Whether two shares are of one measurement: same test, commits, settings and versions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve.errors import ImproveError
from improve.records import Stressed
from improve.records.stress import Series

Placed = tuple[str, Stressed]  # where a share was read, for messages


def under(one: Stressed, setting: str) -> Series | None:
    """Its runs before under this setting; None where that could not be had."""
    return next((s for s in one.before if s.rate.amplifier == setting), None)


def must_be_alike(first: Placed, other: Placed) -> None:
    """Raises: ImproveError with both files, what differs, and the cure."""
    mine, theirs = dict(_identity(first[1])), dict(_identity(other[1]))
    for name in sorted({*mine, *theirs}):
        one, two = mine.get(name, "none"), theirs.get(name, "none")
        if one != two:
            raise ImproveError(
                f"{first[0]} and {other[0]} are not of one measurement: {name} is {one} in the "
                f"first, {two} in the second.",
                "Counts of different conditions prove nothing together. Start all shares again, "
                "with the same options" + (" and locked packages." if "package" in name else "."),
            )
    for setting in first[1].settings:
        found = [under(one, setting) for _, one in (first, other)]
        fixed = [one.after for _, one in (first, other)]
        ways, with_fix = _ways(found), _ways(fixed)
        if len(ways) > 1 or len(with_fix) > 1:
            raise ImproveError(
                f"{first[0]} and {other[0]} ran {setting} in different ways: "
                f"{' and '.join(sorted(ways if len(ways) > 1 else with_fix))}.",
                "Start all shares again, on machines of one kind and with one --limit.",
            )


def _ways(found: Sequence[Series | None]) -> set[str]:
    return {f"{one.rate.how}, {one.rate.limit:g} s" for one in found if one}


def _identity(one: Stressed) -> Iterator[tuple[str, str]]:
    yield "the toolkit's version", one.toolkit
    yield "the test", " ".join(one.node_ids)
    yield "the content of the test", one.test_sha256[:12]
    yield "the commit", one.commit[:12]
    yield "the commit of the fix", one.fix_commit[:12] or "none"
    yield "the list of settings", ", ".join(one.settings)
    yield "the confidence", str(one.asked)
    yield "Python", one.environment.python_version
    for name, version in one.environment.packages.items():
        yield f"the package {name}", version
