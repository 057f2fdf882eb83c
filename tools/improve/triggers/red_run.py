"""What holds for every run of CI that is to be fixed, whoever asks; and the requests it makes."""

from __future__ import annotations

from collections.abc import Sequence

from improve.contract import RunUrl
from improve.contract.trigger_event import Account
from improve.errors import ImproveError, NotSignedIn, OutOfBudget
from improve.forge.gh import Gh
from improve.forge.gh_answer import readable
from improve.forge.github_asked import KnownRunAnswer, same
from improve.forge.github_runs import red_run
from improve.records import CiJob, CiRun
from improve.triggers.decision import MOST, OURS, Refused, Rules, Start, require

NAME = 80


def require_red(run: KnownRunAnswer, home: str) -> None:
    """It is finished, it failed, and what it tested is a branch of ``home`` that people made.

    Raises: Refused.
    """
    require(run.status == "completed", f"Run {run.id} is not finished.")
    require(run.red, f"Run {run.id} did not fail: it ended as {readable(str(run.conclusion), 40)}.")
    require(
        same(run.head_repository, home),
        f"Run {run.id} tested a fork; code of forks is not run here.",
    )
    branch = run.head_branch or ""
    require(bool(branch), f"Run {run.id} tested no branch.")
    require(not branch.startswith(OURS), f"{readable(branch, NAME)} is a branch of this toolkit.")


def require_person(who: Account | None, rules: Rules, what: str) -> None:
    """A person did it, or a bot that the team lists (so that no two bots keep each other busy).

    Raises: Refused, without an answer.
    """
    require(who is not None, f"Nobody is named who {what}.", answer=False)
    assert who is not None  # noqa: S101 - required above
    listed = who.login.lower() in rules.bots
    require(
        not who.bot or listed,
        f"{who.login} {what}, which is a bot that is not listed in AUTO_FIX_BOTS.",
        answer=False,
    )


def starts_of(gh: Gh, home: str, run: KnownRunAnswer, words: str) -> tuple[Start, ...]:
    """One request for each job that failed; the jobs of a matrix are one, and so is a single one.

    Raises: Refused when no failed job is found; NotSignedIn; OutOfBudget.
    """
    page = f"https://{gh.host}/{home}/actions/runs/{run.id}"
    owner, repo = home.split("/")
    place = RunUrl(gh.host, owner, repo, run.id, run.run_attempt, None)
    try:
        found = red_run(gh, page, place)
    except (NotSignedIn, OutOfBudget):
        raise
    except ImproveError as error:
        raise Refused(error.what) from error
    jobs = _first_of_each(found.jobs)
    if len(jobs) == 1:
        return (_start(found, run, f"{page}/attempts/{run.run_attempt}", words, "", jobs[0]),)
    return tuple(
        _start(found, run, f"{page}/job/{job.id}", words, f", job {_plain_name(job)}", job)
        for job in jobs[:MOST]
    )


def _first_of_each(jobs: Sequence[CiJob]) -> list[CiJob]:
    first: dict[str, CiJob] = {}
    for job in jobs:
        first.setdefault(_plain_name(job), job)
    return list(first.values())


def _plain_name(job: CiJob) -> str:
    return job.name.partition(" (")[0][:NAME]  # "test (ubuntu-latest, 3.11)"


def _start(
    found: CiRun, run: KnownRunAnswer, url: str, words: str, which: str, job: CiJob
) -> Start:
    branch = found.branch or "?"
    own = f"The workflow {found.workflow[:NAME]}{which} fails on {branch}. Find out why and fix it."
    request: dict[str, object] = {
        "deterministic": True,
        "prompt": words or own,
        "url": url,
        "commit": found.commit,  # the one that was looked at; no other is run
    }
    return Start(request, f"{run.workflow_id} {branch} {_plain_name(job)}")
