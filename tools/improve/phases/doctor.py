"""What is here, what is missing, and what each missing thing costs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from improve.agents import registry
from improve.errors import ImproveError
from improve.forge import gh_program
from improve.workbench import process, sandbox
from improve.workbench.sandbox.levels import LEVELS
from improve.workbench.sandbox.probe import probe

NEEDED = "needed"
FREE_BYTES = 1 << 30
LAYOUT = (
    "info.json", "run.sh", "outputs/TEMPLATE_report.md", "implementing-features/AI_PROMPT.md",
    "requirements/core.lock",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``cost`` says what does not work without it."""

    name: str
    good: bool
    what: str
    cost: str = ""
    cure: str = ""


def examine(toolkit: Path, options: dict[str, object]) -> list[Finding]:
    """Look at tools, folders and agents; changes nothing."""
    found = [
        _tool("git", "--version", NEEDED, "apt-get install git"),
        _tool("bash", "--version", NEEDED, "apt-get install bash"),
        _python(),
        _gh(),
        _tool(
            "setpriv", "--version", "children may outlive a `kill -9` until --resume", "util-linux"
        ),
        _sandbox(options),
        _folder(toolkit / "outputs"),
        _folder(Path(str(options["cache-dir"]))),
        *_layout(toolkit),
    ]
    for name in registry.MODULES:
        why = registry.agent(name).unavailable(options)
        found.append(
            Finding(f"agent {name}", why is None, why or "ready", f"the rung {name!r} is skipped")
        )
    return found


def escapes(options: dict[str, object]) -> list[Finding]:
    """Try to get out of every sandbox of this machine, and out of none for comparison.

    Raises: ImproveError when the attempts cannot be run.
    """
    sandbox.decide(sandbox.from_options(options))
    found = []
    for level in LEVELS:
        if why := sandbox.works(level):
            found.append(Finding(level, False, why, "the next level is used", sandbox.CURE))
            continue
        tried = probe(level)
        counted = [one for one in tried if one.control]
        open_ = [one.name for one in counted if not one.denied]
        what = f"{len(counted) - len(open_)} of {len(counted)} ways out are denied"
        if len(tried) > len(counted):
            what += f" ({len(tried) - len(counted)} more show nothing here)"
        found.append(Finding(level, not open_, what, "open: " + ", ".join(open_)))
    return found


def require(findings: Sequence[Finding]) -> None:
    """Raises: ImproveError when something that nothing works without is missing."""
    missing = [finding for finding in findings if not finding.good and finding.cost == NEEDED]
    if missing:
        raise ImproveError(
            "Missing: " + "; ".join(f"{one.name} ({one.what})" for one in missing),
            "; ".join(one.cure for one in missing),
        )


def as_text(findings: Sequence[Finding]) -> str:
    """A line each, for people."""
    lines = []
    for one in findings:
        mark = "ok     " if one.good else "MISSING" if one.cost == NEEDED else "without"
        line = f"{mark} {one.name}: {one.what}"
        if not one.good and one.cost != NEEDED:
            line += f" -> {one.cost}"
        if not one.good and one.cure:
            line += f" (cure: {one.cure})"
        lines.append(line)
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """The same for machines."""
    return json.dumps([asdict(one) for one in findings], indent=2)


def _tool(name: str, ask: str, cost: str, cure: str) -> Finding:
    if not shutil.which(name):
        return Finding(name, False, "not on PATH", cost, cure)
    said = process.run([name, ask], timeout=20)
    first = said.text.strip().split("\n")[0][:80]
    return Finding(name, said.ok, first or f"status {said.returncode}", cost, cure)


def _gh() -> Finding:
    cost = "logs cannot be fetched from a run's URL, no pull request can be opened"
    if not gh_program.installed():
        return Finding("gh", False, "not on PATH", cost, gh_program.INSTALL)
    try:
        gh_program.program()
    except ImproveError as error:
        return Finding("gh", False, error.what, cost, error.cure)
    return _tool("gh", "--version", cost, gh_program.INSTALL)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(
        "python", sys.version_info >= (3, 10), version, NEEDED, "install Python 3.10 or newer"
    )


def _sandbox(options: dict[str, object]) -> Finding:
    sandbox.decide(sandbox.from_options(options))
    try:
        used = sandbox.level()
    except ImproveError as error:
        return Finding("sandbox", False, error.what, NEEDED, error.cure)
    cost = "the target's code can read and change what you can"
    better = sandbox.works("bubblewrap") if used == "landlock" else ""
    what = sandbox.in_words(used) + (f" ({better})" if better else "")
    return Finding("sandbox", used != "none", what, cost, sandbox.CURE)


def _folder(path: Path) -> Finding:
    there = path
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    return Finding(
        f"folder {path.name}", free >= FREE_BYTES, f"{path}, {free >> 30} GB free",
        "environments may not fit", "make room, or set cache-dir in improve.yaml",
    )  # fmt: skip


def _layout(toolkit: Path) -> list[Finding]:
    missing = [name for name in LAYOUT if not (toolkit / name).is_file()]
    what = f"missing: {', '.join(missing)}" if missing else f"{toolkit}"
    return [Finding("layout", not missing, what, NEEDED, "restore the files: git checkout -- .")]
