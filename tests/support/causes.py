"""The sixteen projects of ``tests/resources/flaky``, driven through the whole toolkit."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.repositories import repository
from tests.support.toolkit import HERE, Ended, Toolkit, request

PROJECTS = HERE / "tests" / "resources" / "flaky"
NAMES = tuple(sorted(one.name for one in PROJECTS.iterdir() if one.is_dir()))


@dataclass(frozen=True)
class Case:
    """One cause: its project, the test that fails, a right fix, and the cause's name."""

    name: str
    test: str
    cause: str
    prompt: str
    setting: str  # under which it fails often
    after: str  # the test that has to come before, if one has to

    @property
    def files(self) -> dict[str, str]:
        top = PROJECTS / self.name / "project"
        found = (one for one in sorted(top.rglob("*")) if one.is_file())
        return {
            one.relative_to(top).as_posix(): one.read_text()
            for one in found
            if one.suffix in (".py", ".toml")
        }

    @property
    def product(self) -> str:
        return next(path for path in self.files if path.startswith("src/"))

    def fix(self) -> str:
        """A right fix, as a patch."""
        return (PROJECTS / self.name / "fix.patch").read_text()

    def comment(self) -> str:
        """A patch that changes nothing: the bug is as it was."""
        text = self.files[self.product]
        noted = text.rstrip("\n") + "\n# Reviewed.\n"
        a, b = text.splitlines(keepends=True), noted.splitlines(keepends=True)
        return "".join(difflib.unified_diff(a, b, f"a/{self.product}", f"b/{self.product}"))

    def request(self) -> dict[str, object]:
        """What the user gives beside the prompt: the log of CI where there is one, else the test."""
        log = PROJECTS / self.name / "ci.log"
        return {"raw__logs": str(log)} if log.is_file() else {"existing__test__path": self.test}


def case(name: str) -> Case:
    found = json.loads((PROJECTS / name / "case.json").read_text())
    return Case(
        name,
        found["test"],
        found["cause"],
        found["prompt"],
        found["setting"],
        found.get("after", ""),
    )


def drive(
    kit: Toolkit, folder: Path, one: Case, patch: str, agents: list[str], minutes: float
) -> Ended:
    """The flow from ``info.json`` to its end; ``patch`` is what the agent ``scripted`` proposes.
    ``minutes`` for the reproduction, and as many for the fix."""
    info, world = laid_out(folder, one, patch, agents, minutes)
    return kit.run("--request", info, patience=120 * minutes + 180, **world)


def laid_out(
    folder: Path, one: Case, patch: str, agents: list[str], minutes: float
) -> tuple[Path, dict[str, str]]:
    """The request of such a flow, and its environment variables."""
    place = repository(folder / "project", one.files)
    edits = folder / "edits"
    edits.mkdir()
    (edits / "edit.patch").write_text(patch)
    info = request(
        folder / "request", place, name=one.name, prompt=one.prompt, deterministic=False,
        agents=agents, **one.request(),
    )  # fmt: skip
    return info, {
        "IMPROVE_SCRIPTED_EDITS": str(edits),
        "IMPROVE_REPRODUCE_MINUTES": str(minutes),
        "IMPROVE_FIX_MINUTES": str(minutes),
    }
