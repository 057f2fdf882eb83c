"""The install steps of the project's own CI workflow: which of its declarations count."""

from __future__ import annotations

import re
from typing import Any

import yaml

from improve.workbench.declared.files import Texts
from improve.workbench.declared.shell import DEPTH, Commands, read_shell

_OTHER = re.compile(
    r"lint|doc|publish|release|build|type|mypy|bench|deploy|audit|style|format|fuzz|nightly"
    r"|downstream|conda",
    re.IGNORECASE,
)
_SIZE = 400_000


def read_workflows(texts: Texts) -> tuple[str, Commands] | None:
    """Path of the workflow and the commands of its job that most plainly runs the tests."""
    best: tuple[int, str, Commands] | None = None
    for path in sorted(texts):
        if not path.startswith(".github/workflows/"):
            continue
        for name, job in _jobs(texts[path]).items():
            commands = _job(job, texts)
            points = _points(path, name, commands)
            if points > 0 and (best is None or points > best[0]):
                best = (points, path, commands)
    return (best[1], best[2]) if best else None


def _points(path: str, name: str, commands: Commands) -> int:
    if not commands.tests:
        return 0
    label = f"{path.rpartition('/')[2]} {name}"
    told = bool(commands.needs or commands.groups or commands.delegates or commands.defaults)
    return 4 + 3 * told + 2 * ("test" in label.lower()) - 3 * bool(_OTHER.search(label))


def _jobs(text: str) -> dict[str, Any]:
    if len(text) > _SIZE or text.count("&") > 200:
        return {}
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    jobs = loaded.get("jobs") if isinstance(loaded, dict) else None
    return {str(k): v for k, v in jobs.items()} if isinstance(jobs, dict) else {}


def _job(job: object, texts: Texts) -> Commands:
    steps = job.get("steps") if isinstance(job, dict) else None
    return _steps(steps, texts, DEPTH)


def _steps(steps: object, texts: Texts, depth: int) -> Commands:
    found = Commands()
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict):
            continue
        if isinstance(step.get("run"), str):
            found += read_shell(step["run"], texts)
        used = step.get("uses")
        if depth and isinstance(used, str) and used.startswith("./"):
            found += _action(used, texts, depth - 1)
    return found


def _action(used: str, texts: Texts, depth: int) -> Commands:
    folder = used.removeprefix("./").rstrip("/")
    text = texts.get(f"{folder}/action.yml") or texts.get(f"{folder}/action.yaml") or ""
    try:
        loaded = yaml.safe_load(text) if len(text) < _SIZE else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return Commands()
    runs = loaded.get("runs") if isinstance(loaded, dict) else None
    return _steps(runs.get("steps") if isinstance(runs, dict) else None, texts, depth)
