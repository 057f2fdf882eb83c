"""``issue_comment``: somebody wrote ``/auto-fix``. Who that is, and about what, is asked of GitHub.

The head of a pull request can be changed between the comment and the moment it is read. A run of
CI at the head that GitHub had made before the comment shows that the head is what the author of the
comment saw: times of commits are set by whoever commits, times of runs are GitHub's own.
"""

from __future__ import annotations

from datetime import datetime

from improve.contract import RunUrl
from improve.contract.command_comment import COMMAND, read_command
from improve.contract.trigger_event import CommentEvent
from improve.forge.gh import Gh
from improve.forge.gh_answer import readable
from improve.forge.github_asked import KnownRunAnswer, may_write, pull_of, run_of, runs_at, same
from improve.triggers.decision import OURS, Decision, Rules, require
from improve.triggers.red_run import require_person, require_red, starts_of


def decide(gh: Gh, home: str, event: CommentEvent, rules: Rules) -> Decision:
    """Start on the run that the comment means, when its author may write to the repository.

    Raises: Refused; what ``gh.get`` raises.
    """
    command = read_command(event.comment.body or "")
    require(
        event.action == "created" and command is not None,
        f"The comment is no new {COMMAND}.",
        answer=False,
    )
    assert command is not None  # noqa: S101 - required above
    author = event.comment.user
    require_person(author, rules, "wrote the comment")
    # GitHub keeps no permission of an app; one that the team lists by its name is trusted by that.
    # Strangers get no answer: a bot that answers everybody can be made to shout.
    require(
        author.bot or may_write(gh, home, author.login),
        f"{author.login} may not write to {home}.",
        answer=False,
    )
    _require_here(gh, home, command.run)
    if event.issue.pull_request is not None:
        run = _of_pull_request(gh, home, event, command.run)
    else:
        run = _of_issue(gh, home, command.run)
    reason = f"{author.login} asked for it: {readable(run.name or '', 80)}, run {run.id}."
    return Decision(True, reason, starts_of(gh, home, run, command.words), answer=True)


def _require_here(gh: Gh, home: str, place: RunUrl | None) -> None:
    if place is not None:
        there = (place.host, f"{place.owner}/{place.repo}".lower())
        require(there == (gh.host, home.lower()), "The address is of a run in another repository.")


def _of_issue(gh: Gh, home: str, place: RunUrl | None) -> KnownRunAnswer:
    require(
        place is not None,
        f"An issue has no run of its own: write {COMMAND} with the address of the failed run.",
    )
    assert place is not None  # noqa: S101 - required above
    run = run_of(gh, home, place.run)
    require(run is not None, f"There is no run {place.run}.")
    assert run is not None  # noqa: S101 - required above
    require_red(run, home)
    return run


def _of_pull_request(
    gh: Gh, home: str, event: CommentEvent, place: RunUrl | None
) -> KnownRunAnswer:
    """The newest failed run at the head of the pull request, or the one that is named."""
    pull = pull_of(gh, home, event.issue.number)
    require(pull.state == "open", f"Pull request {pull.number} is closed.")
    require(
        same(pull.head.repo, home),
        f"Pull request {pull.number} comes from a fork; code of forks is not run here.",
    )
    ours = pull.head.ref.startswith(OURS)
    require(not ours, f"{readable(pull.head.ref, 80)} is a branch of this toolkit.")
    head = pull.head.sha
    runs = [one for one in runs_at(gh, home, head) if same(one.head_repository, home)]
    said = _time(event.comment.created_at)
    seen = any(_time(one.created_at) < said for one in runs)
    require(
        seen,
        f"No run of {head[:12]} is older than the comment, so it may have been pushed since: "
        f"look at it, wait for CI, and write {COMMAND} again.",
    )
    if place is not None:
        runs = [one for one in runs if one.id == place.run]
        require(bool(runs), f"Run {place.run} is not of {head[:12]}, the head as it is now.")
    failed = [one for one in runs if one.red]
    require(bool(failed), f"No finished run of {head[:12]} failed.")
    require_red(failed[0], home)
    return failed[0]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
