"""Look for an open pull request for the same failure, before anything is spent on it.

Only inside workflows, where nobody looks before a run is started. The run also gets the name here
that it would get whenever this failure comes again, so that a fix made twice is one branch.
"""

from __future__ import annotations

from improve import rundir
from improve.context import Context
from improve.evidence.marker import digests, name_for, read_marker
from improve.forge.choose import GitHubPlace, choose, known_hosts
from improve.forge.gh import Gh
from improve.forge.github_asked import open_fixes
from improve.records import Evidence, Known, ValidatedRequest
from improve.workbench.users_repository import reopen

NEEDS = "`pull-requests: read`"


def run(context: Context) -> Known:
    """The open pull request that is about all of this run's failures, if there is one.

    Raises: what ``gh.get`` raises.
    """
    validated = rundir.need(context.run, ValidatedRequest)
    evidence = rundir.need(context.run, Evidence)
    found = digests(evidence.failures)
    told = tuple(sorted(found))
    if not found:
        return Known(reason="the logs name no failure that could be compared")
    name = validated.request.name or name_for(evidence.failures)
    if name != validated.name:
        rundir.save(context.run, validated.model_copy(update={"name": name}))
    place = choose(
        reopen(validated.repository), validated.repository, known_hosts(validated.request.url)
    )
    if not isinstance(place, GitHubPlace):
        return Known(reason="origin is not at GitHub", digests=told)
    gh = Gh(place.host, context.budget, context.progress, "listing pull requests", NEEDS)
    home = f"{place.owner}/{place.repo}"
    for pull in open_fixes(gh, home):
        marker = read_marker(pull.body or "")
        if marker and found <= marker.digests:
            url = f"https://{place.host}/{home}/pull/{pull.number}"
            reason = f"pull request {pull.number} is about the same failure"
            return Known(number=pull.number, url=url, reason=reason, digests=told)
    return Known(reason="no open pull request is about this failure", digests=told)
