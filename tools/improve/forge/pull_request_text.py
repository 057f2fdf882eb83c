"""The text of a pull request: without front matter, and short enough for GitHub. Pure."""

from __future__ import annotations

from improve.markdown import cut

MOST = 60_000  # GitHub takes 65,536 characters
NO_CI = (  # https://docs.github.com/actions/concepts/security/github_token
    "**CI has not run on this.** The branch was pushed with the own token of a job of GitHub Actions, "
    "and such a push starts no CI by itself. To start it: approve the waiting workflows, if the checks "
    "show a button for that, else close and reopen this pull request. With the token of an app "
    "(README, 'Inside GitHub Actions') it starts by itself."
)
CUT = (
    "The rest is left out, since GitHub takes no longer text; `pull-request.md` of the run has it."
)


def body_of(text: str) -> str:
    """What GitHub shows of a pull-request file: after its front matter, at most ``MOST`` characters.

    A cut falls between lines, and what is open there is closed (``markdown.cut``).
    """
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    return cut(body, MOST, CUT)
