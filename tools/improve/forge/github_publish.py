"""The forge ``github``: our branch pushed, and one draft pull request for it.

Publishing again does not publish twice. Whatever stands in the way, branch, patch and text are on
this machine before the first request, and the error says how to finish by hand.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError, Unable
from improve.forge import github_pulls, local
from improve.forge.choose import GitHubPlace
from improve.forge.draft import Draft, Published
from improve.forge.gh import Gh
from improve.forge.gh_program import full_name
from improve.forge.gh_refusals import RESUME
from improve.forge.github_answers import PullAnswer
from improve.forge.github_extras import add_extras
from improve.forge.github_push import push
from improve.forge.pull_request_text import body_of
from improve.redaction import redact
from improve.workbench.git import Git

BODY = "pull-request-body.md"
DOING = "opening a pull request"
NEEDS = "`Pull requests: write` and `Contents: write` (classic: `repo`)"


@dataclass
class _Done:
    """How far it got: what finishes it by hand follows from that."""

    found: PullAnswer | None = None
    pushed: str = ""


class Refusal(ImproveError):
    """What must not be pushed, by us or by hand."""


def publish(gh: Gh, place: GitHubPlace, bench: Git, run: Path, draft: Draft) -> Published:
    """Push the branch and open, change or leave its draft pull request.

    Raises: NotSignedIn, OutOfBudget or ImproveError; the cure then ends with the commands that
    finish what is left.
    """
    body = redact(body_of(draft.text))  # it leaves this machine
    rundir.write_whole(run / BODY, body.encode())
    done = _Done()
    try:
        return _publish(gh, place, bench, run, draft, body, done)
    except Refusal:
        raise
    except ImproveError as error:
        push_it = "" if done.pushed else f"git push origin {draft.branch} && "
        left = f"Or by hand, in the target: {push_it}"
        left += (
            change_command(place, run, draft, done.found.number)
            if done.found
            else open_command(place, run, draft, True)
        )
        raise type(error)(error.what, f"{error.cure}\n{left}".strip()) from error


def _publish(
    gh: Gh, place: GitHubPlace, bench: Git, run: Path, draft: Draft, body: str, done: _Done
) -> Published:
    gh.tell(f"asking {gh.host} about {place.owner}/{place.repo}")
    there = github_pulls.repository(gh, place.owner, place.repo)
    _refuse_default_branch(draft, there.default_branch)
    same_owner = place.head_owner == place.owner
    head_owner = there.full_name.split("/")[0] if same_owner else place.head_owner
    wanted = github_pulls.Wanted(
        there.full_name, head_owner, draft.branch, draft.base, draft.title, body
    )
    _refuse_to_publish_more(gh, there.full_name, bench, draft)
    found = done.found = github_pulls.find(gh, wanted)
    gh.tell(f"pushing {draft.branch} to {place.push_to}")
    pushed = done.pushed = push(bench, place, draft.branch, draft.commit, draft.trailer)
    try:
        change, pull = _one_pull_request(gh, wanted, found)
    except github_pulls.NoDrafts as error:
        by_hand = open_command(place, run, draft, draft_supported=False)
        reason = f"{draft.branch} is pushed, no pull request was opened: {error.what}"
        return Published("pushed", reason, "github", place.push_to, by_hand=by_hand)
    if change == "unchanged" and pushed != "unchanged":
        change = "updated"
    new = change == "created"
    extras = (draft.labels, draft.reviewers) if new else ((), ())
    notes = add_extras(gh, there.full_name, pull.number, *extras)
    kind = "draft pull request" if pull.draft else "pull request (no longer a draft)"
    return Published(
        change,
        f"{kind} {pull.number}: {change}; {draft.branch} at origin: {pushed}",
        "github",
        place.push_to,
        f"https://{gh.host}/{there.full_name}/pull/{pull.number}",
        pull.number,
        notes=notes,
    )


def push_reproduction(
    gh: Gh, place: GitHubPlace, bench: Git, branch: str, commit: str, trailer: str
) -> str:
    """Push the branch that keeps the reproduction; '' when it is there, else why it is not.

    A refusal is no error: the pull request does without it. Raises: Unable when this machine failed.
    """
    try:
        there = github_pulls.repository(gh, place.owner, place.repo)
        if branch == there.default_branch:
            return f"{branch} is the default branch; it is never pushed to."
        if not github_pulls.knows(gh, there.full_name, bench.commit_of(f"{commit}^")):
            return f"{branch} stands on a commit that {there.full_name} does not have."
        gh.tell(f"pushing {branch} to {place.push_to}")
        push(bench, place, branch, commit, trailer)
    except Unable:
        raise
    except ImproveError as error:
        return f"{branch} was not pushed: {error.what}"
    return ""


def _one_pull_request(
    gh: Gh, wanted: github_pulls.Wanted, found: PullAnswer | None
) -> tuple[local.Change, PullAnswer]:
    if found is None:
        gh.tell("opening the draft pull request")
        made = github_pulls.create(gh, wanted)
        github_pulls.update(gh, wanted, made)  # somebody was quicker: it is not our text yet
        return "created", made
    return ("updated" if github_pulls.update(gh, wanted, found) else "unchanged"), found


def _refuse_default_branch(draft: Draft, default: str) -> None:
    if draft.branch in (default, draft.base):
        raise Refusal(
            f"{draft.branch} is a branch that fixes are made for; it is never pushed to.",
            f'Give the request another "name", then {RESUME}.',
        )


def _refuse_to_publish_more(gh: Gh, home: str, bench: Git, draft: Draft) -> None:
    # A branch takes its history along: commits that the user has not pushed would go out with it.
    under = bench.commit_of(f"{draft.commit}^")
    if not github_pulls.knows(gh, home, under):
        raise Refusal(
            f"The fix stands on {under[:12]} of {draft.base}, which {home} does not have yet.",
            f"Only the fix is ours to push. Push what is below it, then {RESUME}.",
        )


def open_command(place: GitHubPlace, run: Path, draft: Draft, draft_supported: bool) -> str:
    """The command line that opens the pull request from the files of the run folder."""
    home = f"{place.owner}/{place.repo}"
    words = [
        "gh", "pr", "create", *(["--draft"] if draft_supported else []),
        "--repo", full_name(place.host, home),
        "--base", draft.base, "--head", f"{place.head_owner}:{draft.branch}",
        "--title", draft.title, "--body-file", str(run / BODY),
    ]  # fmt: skip
    return shlex.join(words)


def change_command(place: GitHubPlace, run: Path, draft: Draft, number: int) -> str:
    """The command line that gives a pull request that is there our title and text."""
    words = [
        "gh", "api", *(["--hostname", place.host] if place.host != "github.com" else []),
        "-X", "PATCH", f"repos/{place.owner}/{place.repo}/pulls/{number}",
        "-f", f"title={draft.title}", "-F", f"body=@{run / BODY}",
    ]  # fmt: skip
    return shlex.join(words)
