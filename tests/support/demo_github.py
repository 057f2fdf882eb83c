"""GitHub's part in ``./run.sh --demo github``: the loopback GitHub, around the demo's own repository.

gh is the real one, in a world of its own. What GitHub stores lies in ``place/stored``, so that a
second run meets the pull request of the first.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.github_server import GitHub, Job, Run, configure, serve
from tests.support.stand_in import World

from improve.workbench.git import Git

# gh would take these before its configuration (`gh help environment`).
NOT_THE_USERS = ("GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST")
KEPT = "pull-requests.json"


@contextlib.contextmanager
def play(example: Path, place: Path, private: Path) -> Iterator[World]:
    """The GitHub that holds the red run of ``example``; pushes to it go to ``place/origin.git``."""
    told = json.loads((example / "ci-run.json").read_text())
    origin, stored = place / "origin.git", place / "stored"
    target = Git(place / "repository" / ".git")
    target.must("config", "remote.origin.url", f"https://github.com/{told['repository']}.git")
    target.must("config", "remote.origin.pushurl", origin)
    head = Git(origin).commit_of("refs/heads/main")
    with serve(told["repository"]) as github:
        github.bare = origin
        github.add(_red_run(told, example, head))
        github.pulls += _kept(stored, head)
        try:
            yield World(_gh_in_its_own_world(github, private), lambda: _tell(github, stored, head))
        finally:
            _keep(github, stored, head)


def _red_run(told: dict[str, Any], example: Path, head: str) -> Run:
    jobs = []
    for one in told["jobs"]:
        log = (example / one["log"]).read_bytes() if "log" in one else None
        jobs.append(Job(one["id"], one["name"], one["conclusion"], log))
    return Run(told["id"], [jobs], sha=head, workflow=told["workflow"])


def _gh_in_its_own_world(github: GitHub, private: Path) -> dict[str, str]:
    """A ``gh`` that goes before the user's on PATH and sees nothing of the user's; the variables."""
    real = shutil.which("gh")
    if real is None:
        raise SystemExit("!!! gh was not found.")
    own = configure(github, private / "config")
    world = {**own, "HOME": str(private), "TMPDIR": str(private)}
    gh = private / "bin" / "gh"
    gh.parent.mkdir()
    # IMPROVE_RUN is how a resumed run finds what a killed one left behind.
    words = ["env", "-i", *(f"{name}={value}" for name, value in world.items())]
    passed = 'PATH="$PATH" IMPROVE_RUN="${IMPROVE_RUN:-}" NO_COLOR=1 GH_TELEMETRY=false'
    gh.write_text(f'#!/bin/sh\nexec {shlex.join(words)} {passed} {shlex.quote(real)} "$@"\n')
    gh.chmod(0o700)
    path = os.pathsep.join((str(gh.parent), os.environ.get("PATH", os.defpath)))
    return {**own, **dict.fromkeys(NOT_THE_USERS, ""), "PATH": path}


def _kept(stored: Path, head: str) -> list[dict[str, Any]]:
    """The pull requests of earlier runs, unless the example has become another one since."""
    try:
        found = json.loads((stored / KEPT).read_text())
    except (OSError, ValueError):
        return []
    return list(found["pulls"]) if found["head_of_main"] == head else []


def _keep(github: GitHub, stored: Path, head: str) -> None:
    """Each file whole or as it was: GitHub does not forget because a disk is full here."""
    text = json.dumps({"head_of_main": head, "pulls": github.pulls}, indent=2)
    files = {stored / KEPT: text + "\n"}
    for pull in github.pulls:
        lines = (
            f"# {pull['title']}", "", f"- number {pull['number']}: {_kind(pull)}, {pull['state']}",
            f"- branch {pull['head']['ref']} into {pull['base']['ref']}",
            f"- address {pull['html_url']} (leads nowhere: GitHub was played)", "", pull["body"], "",
        )  # fmt: skip
        files[_text_of(stored, pull)] = "\n".join(lines)
    try:
        stored.mkdir(exist_ok=True)
        for place, text in files.items():
            part = place.with_name(f"{place.name}.part")
            part.write_text(text)
            part.replace(place)
    except OSError as error:
        print(f"!!! What GitHub holds could not be kept in {stored}: {error}", file=sys.stderr)
        return
    for place in set(stored.iterdir()) - set(files):
        place.unlink()


def _text_of(stored: Path, pull: dict[str, Any]) -> Path:
    return stored / f"pull-request-{pull['number']}.md"


def _tell(github: GitHub, stored: Path, head: str) -> str:
    _keep(github, stored, head)
    if not github.pulls:
        return f">>> GitHub was played: {len(github.seen)} requests of gh, no pull request."
    asked = f"{len(github.seen)} requests of gh"
    lines = [f">>> GitHub was played ({asked}), everything else was real. It holds:"]
    for pull in github.pulls:
        lines += [
            f"    {_kind(pull)} {pull['number']}: {pull['title']}",
            f"    branch:  {pull['head']['ref']} into {pull['base']['ref']}",
            f"    address: {pull['html_url']} (leads nowhere)",
            f"    read it: {_text_of(stored, pull)}",
        ]
    return "\n".join(lines)


def _kind(pull: dict[str, Any]) -> str:
    return "draft pull request" if pull["draft"] else "pull request"
