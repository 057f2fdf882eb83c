"""Cuts out of GitHub's published descriptions what the loopback GitHub of the tests answers.

    npm pack @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1     # and unpack both
    python published_slice.py .../generated/api.github.com.json .../schema.graphql

writes ``openapi.json.gz`` and ``schema.graphql.gz`` beside this file. Nothing is changed on the way:
an operation is taken whole, with everything that it refers to.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REPOSITORY = "/repos/{owner}/{repo}"
ANYWHERE = ["get /", "get /user"]
IN_A_REPOSITORY = [
    "get ",
    "get /commits/{ref}",
    "get /pulls",
    "post /pulls",
    "get /pulls/{pull_number}",
    "patch /pulls/{pull_number}",
    "post /pulls/{pull_number}/requested_reviewers",
    "get /actions/runs",
    "get /actions/runs/{run_id}",
    "get /actions/runs/{run_id}/attempts/{attempt_number}",
    "get /actions/runs/{run_id}/attempts/{attempt_number}/jobs",
    "get /actions/runs/{run_id}/jobs",
    "get /actions/runs/{run_id}/artifacts",
    "get /actions/jobs/{job_id}",
    "get /actions/jobs/{job_id}/logs",
    "get /actions/artifacts/{artifact_id}/{archive_format}",
    "get /actions/workflows",
    "get /actions/workflows/{workflow_id}",
    "get /actions/workflows/{workflow_id}/runs",
    "post /actions/workflows/{workflow_id}/dispatches",
    "get /check-runs/{check_run_id}/annotations",
    "get /collaborators/{username}/permission",
    "get /issues/{issue_number}/comments",
    "post /issues/{issue_number}/comments",
    "patch /issues/comments/{comment_id}",
    "post /issues/{issue_number}/labels",
    "post /issues/comments/{comment_id}/reactions",
]


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    """The description with our operations alone, and the components that they need."""
    made: dict[str, Any] = {"openapi": whole["openapi"], "info": whole["info"], "paths": {}}
    for line in [*ANYWHERE, *(one.replace(" ", f" {REPOSITORY}", 1) for one in IN_A_REPOSITORY)]:
        method, path = line.split(" ")
        made["paths"].setdefault(path, {})[method] = whole["paths"][path][method]
    waiting: list[Any] = [made["paths"]]
    seen: set[str] = set()
    while waiting:
        for name in references(waiting.pop()) - seen:
            seen.add(name)
            _, _, room, item = name.split("/")
            part = whole["components"][room][item]
            made.setdefault("components", {}).setdefault(room, {})[item] = part
            waiting.append(part)
    return made


def references(part: Any) -> set[str]:
    """Every ``$ref`` in it."""
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    here = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return here.union(*(references(value) for value in part.values()))


def keep(name: str, content: bytes) -> None:
    """The same bytes for the same content: no time, no name inside."""
    with (HERE / name).open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(content)
    print(f"{name}: {len(content)} bytes, {(HERE / name).stat().st_size} packed")


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_bytes())
    keep("openapi.json.gz", json.dumps(cut(described), sort_keys=True).encode())
    keep("schema.graphql.gz", Path(sys.argv[2]).read_bytes())
