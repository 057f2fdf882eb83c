"""Gather what a prompt is made of, in the order of its use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.briefing.fit import Part
from improve.briefing.recent import recent_changes
from improve.briefing.slow import parts_of_slow_down, slow_places
from improve.briefing.source import Read, by_file, extracts, imported, places
from improve.evidence import clean_text, redact
from improve.evidence.order_words import in_words
from improve.records import Attempt, Evidence, Failure, Reproduction
from improve.workbench.git import Git, paths

LARGEST = 1 << 20
MOST_PATHS = 3000


@dataclass(frozen=True)
class Material:
    """Where a briefing takes from. ``tree`` holds ``commit`` and may not be trusted."""

    tree: Path
    git: Git
    commit: str
    evidence: Evidence | None

    def read(self, path: str) -> str | None:
        """A file below the tree; None when it is none, is too large, or leads out of the tree."""
        place = self.tree / path
        try:
            inside = place.resolve().is_relative_to(self.tree.resolve())
            if not inside or not place.is_file() or place.stat().st_size > LARGEST:
                return None
            return place.read_text("utf-8", "replace")
        except (OSError, ValueError):
            return None


def parts_for_fix(
    material: Material,
    reproduction: Reproduction,
    history: Sequence[Attempt],
    patches: Mapping[int, bytes],
) -> list[Part]:
    """The parts of a prompt that asks for a fix, most useful first."""
    observed = [reproduction.observed] if reproduction.observed else []
    suspicious = next((one.suspicious for one in reversed(history) if one.suspicious), ())
    suspicious = suspicious or slow_places(reproduction)
    where = places(observed, suspicious)
    tests = tuple(dict.fromkeys(node.partition("::")[0] for node in reproduction.node_ids))
    originals = {node.partition("::")[0] for node in reproduction.original_node_ids}
    unseen = tuple(sorted(originals - where.keys()))  # the others' failing lines are shown below
    product = {path: lines for path, lines in where.items() if path not in originals}
    # An assertion's traceback ends in the test: then the modules under test are what it imports.
    near = () if product else imported(_plain(material, (*tests, *originals)), _names(material))
    return [
        Part("The failure, as seen here", _told(observed), most=2500, keep="tail"),
        *parts_of_slow_down(material.git, reproduction),
        Part("Why it fails only now and then", _why(reproduction), most=1500),
        Part("Why it fails only after other tests", _company(reproduction), most=1500),
        Part("The test", _files(tests, material.read), most=3000),
        Part("What was tried before", _tried(history, patches), most=6000, keep="tail"),
        Part("Where it points", extracts(where, material.read, tests), most=6000),
        Part("What the test imports", _files(near, material.read), most=6000),
        Part("Every test that fails in CI", by_file(_all_ids(material, reproduction)), "whole"),
        Part(
            "What changed there lately",
            _safe(recent_changes(material.git, material.commit, product or dict.fromkeys(near, ()))),
            most=4000, language="diff",
        ),
        Part("The original test", _files(unseen, material.read), most=3000),
        Part("Where it runs", _environment(material, reproduction), most=1500),
        Part("Other failures of the same CI run", _others(material, reproduction), most=2500),
        Part("Files", _listing(material), most=2000),
    ]  # fmt: skip


def parts_for_reproduction(material: Material, found: Reproduction) -> list[Part]:
    """The parts of a prompt that asks for a test which shows the logged failure."""
    failures = list(material.evidence.failures) if material.evidence else []
    where = places(failures[:5], ())
    tried = "\n".join(found.notes)
    return [
        Part("The failures, as the log tells them", _told(failures[:10]), most=6000),
        Part("What code alone tried", tried, most=800),
        Part("Every test that fails in CI", by_file(_all_ids(material, found)), "whole"),
        Part("Where they point", extracts(where, material.read), most=6000),
        Part(
            "What changed there lately", _safe(recent_changes(material.git, material.commit, where)),
            most=4000, language="diff",
        ),
        Part("How CI differs from here", "\n".join(found.differences), most=1000),
        Part("Where it runs", _environment(material, found), most=1500),
        Part("Files", _listing(material), most=3000),
    ]  # fmt: skip


def _safe(text: str) -> str:
    return redact(clean_text(text))


def _told(failures: Sequence[Failure]) -> str:
    return "\n\n".join(
        "\n".join(
            line
            for line in (
                one.node_id or one.file or "",
                f"{one.error_type or 'Failure'}: {one.message}",
                one.excerpt,
            )
            if line
        )
        for one in failures
    )


def _files(names: Sequence[str], read: Callable[[str], str | None]) -> str:
    return "\n\n".join(
        f"=== {name}\n{text}" for name in dict.fromkeys(names) if (text := read(name))
    )


def _company(reproduction: Reproduction) -> str:
    """Who leaves what behind for the failing test; '' when no other test is in play."""
    return in_words(reproduction.order) if reproduction.order else ""


def _why(reproduction: Reproduction) -> str:
    """The cause as runs showed it, with what they showed; '' for a failure that is always there."""
    found = reproduction.cause
    if found is None:
        return ""
    shared = [f"The failing runs share: {one}." for one in found.shared]
    return "\n".join((f"Cause: {found.name}.", *found.because, *shared))


def _tried(history: Sequence[Attempt], patches: Mapping[int, bytes]) -> str:
    """Each attempt: who, how it ended and why, its diff, and what the check printed."""
    told = []
    for one in history:
        lines = [f"=== attempt {one.number} by {one.agent}: {one.outcome.replace('_', ' ')}"]
        lines.append(one.reason)
        if one.explanation:
            lines.append(f"It said: {one.explanation[:1200]}")
        if one.number in patches:
            diff = patches[one.number].decode("utf-8", "replace")
            lines.append(f"Its change:\n{_safe(diff)[:6000]}")
        if one.check_output:
            lines.append(f"The check printed:\n{one.check_output[-3000:]}")
        told.append("\n".join(lines))
    return "\n\n".join(told)


def _all_ids(material: Material, found: Reproduction) -> list[str]:
    logged = [one.node_id for one in material.evidence.failures] if material.evidence else []
    return [node for node in (*found.original_node_ids, *logged) if node]


def _environment(material: Material, found: Reproduction) -> str:
    lines = []
    logged = material.evidence.environment if material.evidence else None
    if logged and logged.command:
        lines.append(f"CI ran: {logged.command}")
    if logged and (logged.os or logged.python):
        lines.append(f"CI's machine: {logged.os or '?'}, Python {logged.python or '?'}")
    if found.environment:
        lines.append(f"Here: Python {found.environment.python_version}")
        packages = found.environment.packages
        lines.append("Packages: " + ", ".join(f"{n} {v}" for n, v in sorted(packages.items())))
    return "\n".join(lines)


def _others(material: Material, found: Reproduction) -> str:
    if not material.evidence or not found.observed:
        return ""
    same = found.expected.signature if found.expected else ""
    return _told([one for one in material.evidence.failures if one.signature != same][:8])


def _plain(material: Material, names: Sequence[str]) -> str:
    """The first of these files that can be read; tests of one failure import the same things."""
    return next((text for name in names if (text := material.read(name))), "")


def _names(material: Material) -> list[str]:
    return paths(material.git.run("ls-tree", "-r", "-z", "--name-only", material.commit).stdout)


def _listing(material: Material) -> str:
    return "\n".join(_safe(name) for name in _names(material)[:MOST_PATHS])


__all__ = ["Material", "Read", "parts_for_fix", "parts_for_reproduction"]
