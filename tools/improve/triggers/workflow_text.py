"""The shipped workflow, fitted to a repository: which events start it, for which workflows. Pure.

The shipped file is the template; a block that is not wanted is left out whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import yaml

BY_HAND, FAILED_RUNS, COMMENTS = "by-hand", "failed-runs", "comments"
TRIGGERS = (BY_HAND, FAILED_RUNS, COMMENTS)
_BLOCKS = {
    BY_HAND: ("workflow_dispatch",),
    FAILED_RUNS: ("workflow_run",),
    COMMENTS: ("issue_comment", "answer"),  # the job `answer` is there for comments alone
}
_WORKFLOWS, _BRANCHES = "workflows: [ci]", "branches: [main]"
_BYTES = 400_000


def fitted(
    text: str, triggers: Sequence[str], workflows: Sequence[str], branches: Sequence[str]
) -> str:
    """``text`` with these triggers alone; failed runs of ``workflows`` on ``branches`` count."""
    for trigger, blocks in _BLOCKS.items():
        for block in blocks if trigger not in triggers else ():
            text = _without(text, block)
    # JSON's texts are YAML's too, whatever stands in a name.
    text = text.replace(_WORKFLOWS, f"workflows: {json.dumps(list(workflows))}")
    return text.replace(_BRANCHES, f"branches: {json.dumps(list(branches))}")


def testing_workflows(files: Mapping[str, str]) -> list[str]:
    """Names of the workflows (path -> text) that run on pushes or pull requests, by path."""
    return [name for path, text in sorted(files.items()) if (name := _tests(path, text))]


def _tests(path: str, text: str) -> str:
    try:
        content = yaml.safe_load(text) if len(text) < _BYTES else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return ""
    if not isinstance(content, dict):
        return ""
    on = content.get("on", content.get(True))  # YAML 1.1 reads the bare word as true
    events = [on] if isinstance(on, str) else list(on) if isinstance(on, (list, dict)) else []
    if not {"push", "pull_request"} & {str(one) for one in events}:
        return ""
    name = content.get("name")
    return name if isinstance(name, str) and name.strip() else path  # as GitHub shows it


def _without(text: str, block: str) -> str:
    """``text`` without the key ``block`` (indented by two), what is in it, and its comment."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        deeper = not line.strip() or line.startswith("   ")
        if line.startswith(f"  {block}:"):
            inside = True
            while kept and kept[-1].startswith("  #"):
                kept.pop()
        elif not (inside and deeper):
            inside = False
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"
