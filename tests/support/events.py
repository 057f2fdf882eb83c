"""The files that GitHub writes for a workflow's event, in the form that it documents.

https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run and #issue_comment: the
fields that a reader could take for facts are there, also those that ours must not believe.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.github_answers import user
from tests.support.github_state import Comment, GitHub, Run

LATER = "2026-01-02T04:00:00Z"  # an hour after a run of the loopback GitHub


def run_event(github: GitHub, run: Run, **told: Any) -> dict[str, Any]:
    """``workflow_run``: this run is complete. ``told`` replaces fields of the payload's run."""
    page = f"https://github.com/{github.repository}/actions/runs/{run.id}"
    shown = {
        "id": run.id, "name": run.workflow, "workflow_id": run.workflow_id, "event": run.event,
        "status": "completed", "conclusion": run.conclusion, "head_branch": run.branch,
        "head_sha": run.sha, "html_url": page, "run_attempt": len(run.attempts),
        "actor": user(run.actor), "triggering_actor": user(run.actor), "pull_requests": [],
        "head_repository": {"full_name": run.head_repository or github.repository},
        "repository": {"full_name": github.repository}, "created_at": run.created, **told,
    }  # fmt: skip
    return {
        "action": "completed", "workflow_run": shown, "sender": user(run.actor),
        "workflow": {"id": run.workflow_id, "name": run.workflow, "path": f".github/workflows/{run.file}"},
        "repository": _repository(github),
    }  # fmt: skip


def comment_event(
    github: GitHub, comment: Comment, *, pull: bool = True, created: str = LATER, action: str = "created"
) -> dict[str, Any]:  # fmt: skip
    """``issue_comment``: somebody wrote this, on an issue or a pull request."""
    page = f"https://github.com/{github.repository}/pull/{comment.issue}"
    issue: dict[str, Any] = {
        "number": comment.issue, "state": "open", "title": "It fails", "user": user("mona"),
        "html_url": page, "author_association": "OWNER", "body": "See the log.",
    }  # fmt: skip
    if pull:
        issue |= {"draft": False, "pull_request": {"html_url": page, "merged_at": None}}
    return {
        "action": action, "issue": issue, "sender": user(comment.author),
        "comment": {
            "id": comment.id, "body": comment.body, "user": user(comment.author),
            "created_at": created, "updated_at": created, "author_association": comment.association,
            "html_url": f"{page}#issuecomment-{comment.id}", "performed_via_github_app": None,
        },
        "repository": _repository(github),
    }  # fmt: skip


def _repository(github: GitHub) -> dict[str, Any]:
    owner = github.repository.split("/")[0]
    return {"full_name": github.repository, "default_branch": "main", "private": False,
            "fork": False, "owner": user(owner)}  # fmt: skip


def surroundings(folder: Path, name: str, payload: object, github: GitHub) -> dict[str, str]:
    """The environment of a job that this event started."""
    place = folder / "event.json"
    place.write_text(json.dumps(payload))
    return {
        "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(place), "GITHUB_RUN_ID": "900",
        "GITHUB_REPOSITORY": github.repository, "GITHUB_SERVER_URL": "https://github.com",
    }  # fmt: skip
