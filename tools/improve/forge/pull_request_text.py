"""The text of a pull request: without front matter, and short enough for GitHub. Pure."""

from __future__ import annotations

MOST = 60_000  # GitHub takes 65,536 characters
NO_CI = (  # https://docs.github.com/actions/concepts/security/github_token
    "This branch was pushed by a job of GitHub Actions. With the job's own token such a push starts "
    "no CI: where no checks appear, close and reopen this pull request, or push a commit of your own."
)
CUT = (
    "The rest is left out, since GitHub takes no longer text; `pull-request.md` of the run has it."
)


def body_of(text: str) -> str:
    """What GitHub shows of a pull-request file: after its front matter, at most ``MOST`` characters.

    A cut falls between lines, and what is open there (a code block) is closed.
    """
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    if len(body) <= MOST:
        return body
    room = max(1000, MOST - len(CUT) - 10 - max(len(_ticks(line)) for line in body.split("\n")))
    lines = body[:room].split("\n")[:-1] or [body[:room]]
    mark = _open_fence(lines)
    return "\n".join([*lines, *([mark] if mark else []), "", CUT, ""])


def _open_fence(lines: list[str]) -> str:
    mark = ""
    for line in lines:
        run = _ticks(line)
        if not mark and len(run) >= 3:
            mark = run
        elif mark and len(run) >= len(mark) and not line.strip("`").strip():
            mark = ""
    return mark


def _ticks(line: str) -> str:
    return line[: len(line) - len(line.lstrip("`"))]
