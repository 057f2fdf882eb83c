"""Recorded edits, replayed: attempt N applies ``<scripted-edits>/<N>.patch``, or ``edit.patch``;
a reproduction that is asked for is ``reproduce.patch``.

A product backend, not a mock: demos and tests run the whole flow with it, and a team can have a
known patch proven like any other.
"""

from __future__ import annotations

from pathlib import Path

from improve.agents.protocol import Outcome, Task
from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.git import environ

NAME = "scripted"


def unavailable(options: dict[str, object]) -> str | None:
    """Why it cannot work here, or None."""
    given = options.get("scripted-edits")
    if not given:
        return "no recorded edits are set. In improve.yaml: scripted-edits: folder/with/patches"
    folder = _folder(options)
    return None if folder.is_dir() else f"scripted-edits: there is no folder {folder}"


def work(task: Task) -> Outcome:
    """Apply the recorded patch for this attempt.

    Raises: ImproveError when it does not apply.
    """
    folder = _folder(task.options)
    fixes = (f"{task.number}.patch", "edit.patch")
    for name in fixes if task.purpose == "fix" else ("reproduce.patch",):
        patch = folder / name
        if patch.is_file():
            break
    else:
        return Outcome(
            changed=False, gave_up=f"no recorded edit for this {task.purpose} in {folder}"
        )
    done = process.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=task.tree, env={**environ(), "GIT_DIR": "/nonexistent"}, stdin=patch.read_bytes(), timeout=60,
    )  # fmt: skip
    if not done.ok:
        raise ImproveError(
            f"the recorded edit {patch.name} does not apply: {done.tail(300).strip()}"
        )
    note = folder / f"{patch.stem}.txt"
    return Outcome(
        changed=True, explanation=note.read_text() if note.is_file() else "A recorded edit."
    )


def _folder(options: dict[str, object]) -> Path:
    return Path(str(options.get("request-folder", "."))) / str(options["scripted-edits"])
