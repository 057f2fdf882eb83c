"""The rules, cheapest first. Pure: a diff in, verdicts out; nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from improve.guard.builds import Line, builds
from improve.guard.protected import hides, role_of
from improve.records import Verdict

MAX_ADDED = 200
MAX_FILES = 10
MAX_BYTES = 256 * 1024
LINE_CAP = 2000

# A product line that does one of these makes the judge's work meaningless. They are warnings of a
# kind that the proof would also find; said here, the agent learns the reason at once.
FORBIDDEN: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ends the process", re.compile(r"\bos\._exit\b|\bos\.abort\b")),
    ("looks for the test runner", re.compile(r"PYTEST_CURRENT_TEST|[\"'](?:_?pytest|unittest)[\"'] in sys\.modules")),
    ("reaches for the judge", re.compile(r"IMPROVE_R(?:ECORD|OOTS|UN)|\bimprove_(?:recorder|warm)|\b_pytest\b")),
    ("skips or expects failure", re.compile(r"\bpytest\.(?:skip|xfail|mark\.(?:skip|xfail))|\bSkipTest\b")),
)  # fmt: skip


def inspect(
    diff: bytes,
    frozen: Collection[str],
    extra_protected: Sequence[str] = (),
    roots: Sequence[str] = (),
) -> list[Verdict]:
    """Every rule's verdict on a git diff; what could not be shown is not passed, and refuses nothing.

    ``frozen`` are paths of the reproduction; ``extra_protected`` are the team's own globs,
    ``roots`` the folders of the tree that modules are imported from.
    """
    if len(diff) > MAX_BYTES:
        return [
            Verdict(
                rule="size",
                passed=False,
                reason=f"the diff has {len(diff)} bytes; {MAX_BYTES} are allowed",
            )
        ]
    try:
        patch = PatchSet(diff.decode("utf-8", "replace"))
    except UnidiffParseError as error:
        return [Verdict(rule="form", passed=False, reason=f"the diff cannot be read: {error}")]
    return [
        _size(patch),
        _form(diff),
        _frozen(patch, frozen),
        _protected(patch, frozen, extra_protected, roots),
        builds(
            Line(file.path, line.target_line_no or line.source_line_no or 0, line.value)
            for file in patch
            for hunk in file
            for line in hunk
            if line.is_added or line.is_removed
        ),
        _code(patch),
    ]


def _size(patch: PatchSet) -> Verdict:
    added, files = patch.added, len(patch)
    good = added <= MAX_ADDED and files <= MAX_FILES
    return Verdict(
        rule="size",
        passed=good,
        reason=f"{added} added lines in {files} files"
        + ("" if good else f"; at most {MAX_ADDED} lines in {MAX_FILES} files are allowed"),
    )


def _form(diff: bytes) -> Verdict:
    for line in diff.split(b"\n"):
        if line.startswith((b"new file mode ", b"new mode ")) and not line.endswith(
            (b"100644", b"100755")
        ):
            kind = {b"120000": "a symbolic link", b"160000": "a submodule"}.get(
                line[-6:], "a special file"
            )
            return Verdict(rule="form", passed=False, reason=f"the diff adds {kind}")
        if line.startswith(b"index ") and line.endswith((b" 120000", b" 160000")):
            # No mode line tells of a link that only points elsewhere now.
            return Verdict(rule="form", passed=False, reason="the diff redirects a link")
        if line.startswith(b'diff --git "'):
            # git quotes names with control characters; quoted, no rule below would know them.
            return Verdict(
                rule="form", passed=False, reason="a file name holds quotes or control characters"
            )
        if line.startswith(b"old mode "):
            return Verdict(rule="form", passed=False, reason="the diff changes file modes")
        if line.startswith((b"GIT binary patch", b"Binary files ")):
            return Verdict(rule="form", passed=False, reason="the diff changes binary files")
    return Verdict(rule="form", passed=True, reason="regular text files only")


def _frozen(patch: PatchSet, frozen: Collection[str]) -> Verdict:
    for file in patch:
        if file.path in frozen:
            return Verdict(
                rule="frozen reproduction",
                passed=False,
                reason=f"{file.path} is the reproduction and was {_verb(file)}",
            )
    return Verdict(
        rule="frozen reproduction", passed=True, reason="the reproduction was not touched"
    )


def _protected(
    patch: PatchSet, frozen: Collection[str], extra: Sequence[str], roots: Sequence[str]
) -> Verdict:
    reasons = []
    for file in patch:
        role = role_of(file.path, extra)
        if role is None and file.is_added_file:
            role = hides(file.path, roots)
        if role and file.path not in frozen:
            reasons.append(f"{file.path} is {role} and was {_verb(file)}{_weakening(file)}")
    if reasons:
        return Verdict(rule="protected paths", passed=False, reason="; ".join(reasons[:5]))
    return Verdict(
        rule="protected paths", passed=True, reason="no test, configuration or CI file was touched"
    )


def _weakening(file: PatchedFile) -> str:
    added = [line.value for hunk in file for line in hunk if line.is_added]
    for word in ("xfail", "skip", "deselect", "--ignore"):
        if any(word in line[:LINE_CAP] for line in added):
            return f" (it adds {word!r})"
    return ""


def _code(patch: PatchSet) -> Verdict:
    for file in patch:
        for hunk in file:
            for line in hunk:
                if not line.is_added:
                    continue
                for what, pattern in FORBIDDEN:
                    if pattern.search(line.value[:LINE_CAP]):
                        return Verdict(
                            rule="code",
                            passed=False,
                            reason=f"{file.path}:{line.target_line_no} {what}: {line.value.strip()[:120]}",
                        )
    return Verdict(
        rule="code", passed=True, reason="nothing ends the process or looks for the test runner"
    )


def _verb(file: PatchedFile) -> str:
    return "deleted" if file.is_removed_file else "added" if file.is_added_file else "edited"
