"""Artifacts, annotations, workflows and their dispatches, as the loopback GitHub tells of them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

from tests.support.github_answers import Answer, Asked, Room, elsewhere, not_found, page, refused
from tests.support.github_published import example
from tests.support.github_state import BLOB_HOST, Artifact, GitHub


def packed(artifact: Artifact) -> bytes:
    """The artifact as its reader gets it."""
    if artifact.content is not None:
        return artifact.content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in artifact.files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _listed(github: GitHub, asked: Asked) -> Answer:
    run = github.runs.get(asked.number("run_id"))
    if run is None:
        return not_found()
    name = asked.query.get("name")
    mine = [one for one in github.artifacts if one.run == run.id and name in (None, one.name)]
    shown, more = page(asked, mine)
    told = [_described(github, one) for one in shown]
    return Answer(200, {"total_count": len(mine), "artifacts": told}, more)


def _described(github: GitHub, artifact: Artifact) -> dict[str, Any]:
    made: dict[str, Any] = example("actions/list-workflow-run-artifacts", 200, github.repository)[
        "artifacts"
    ][0]
    home = f"https://api.github.com/repos/{github.repository}/actions/artifacts/{artifact.id}"
    run, content = github.runs[artifact.run], packed(artifact)
    made |= {
        "id": artifact.id, "name": artifact.name, "size_in_bytes": len(content), "url": home,
        "archive_download_url": f"{home}/zip", "expired": artifact.expired,
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        **dict.fromkeys(("created_at", "updated_at"), run.moment(artifact.attempt, 15)),
    }  # fmt: skip
    made["workflow_run"] |= {"id": run.id, "head_branch": run.branch, "head_sha": run.sha}
    return made


def _zip(github: GitHub, asked: Asked) -> Answer:
    found = [one for one in github.artifacts if one.id == asked.number("artifact_id")]
    if not found or asked.at["archive_format"] != "zip":
        return not_found()
    if found[0].expired:
        return refused(410, "Artifact has expired")
    return elsewhere(f"https://{BLOB_HOST}/artifact/{found[0].id}?sig=secret")


def _annotations(github: GitHub, asked: Asked) -> Answer:
    number = asked.number("check_run_id")  # a job's id is that of its check run
    if github.job(number) is None:
        return not_found()
    shown, more = page(asked, github.annotations.get(number, []))
    told = [
        {
            "path": one.path, "start_line": one.line, "end_line": one.line, "start_column": None,
            "end_column": None, "annotation_level": one.level, "title": one.title,
            "message": one.message, "raw_details": None,
            "blob_href": f"https://github.com/{github.repository}/blob/main/{one.path}",
        }
        for one in shown
    ]  # fmt: skip
    return Answer(200, told, more)


def _workflows(github: GitHub) -> list[dict[str, Any]]:
    """Those of the runs; 55 is there without any."""
    known = {55: ("CI", "ci.yml")}
    known |= {one.workflow_id: (one.workflow, one.file) for one in github.runs.values()}
    made = []
    for number, (name, file) in known.items():
        one = example("actions/get-workflow", 200, github.repository, (161335, number))
        made.append(one | {"name": name, "path": f".github/workflows/{file}"})
    return made


def _workflow(github: GitHub, asked: Asked) -> Answer:
    wanted = asked.at["workflow_id"]
    for one in _workflows(github):
        if wanted in (str(one["id"]), one["path"].rsplit("/", 1)[1]):
            return Answer(200, one)
    return not_found()


def _listed_workflows(github: GitHub, asked: Asked) -> Answer:
    found = _workflows(github)
    shown, more = page(asked, found)
    return Answer(200, {"total_count": len(found), "workflows": shown}, more)


def _dispatch(github: GitHub, asked: Asked) -> Answer:
    there = _workflow(github, asked)
    if there.status != 200:
        return there
    body = asked.body or {}
    wanted = {"workflow": there.body["path"], "ref": body["ref"], "inputs": body.get("inputs", {})}
    github.dispatches.append(wanted)
    if not body.get("return_run_details"):
        return Answer(204)
    number = max(github.runs, default=0) + len(github.dispatches)
    name = "actions/create-workflow-dispatch"
    made = example(name, 200, github.repository, ("runs/1", f"runs/{number}"))
    return Answer(200, made | {"workflow_run_id": number})


ROOM: Room = {
    "actions/list-workflow-run-artifacts": _listed,
    "actions/download-artifact": _zip,
    "checks/list-annotations": _annotations,
    "actions/list-repo-workflows": _listed_workflows,
    "actions/get-workflow": _workflow,
    "actions/create-workflow-dispatch": _dispatch,
}
