"""The doors through which other people's text comes into a run, each as the product opens it.

A door takes a text and gives what a run would leave when that text came in there, made by the
product's own functions; or it raises ``Refused`` with the words of the refusal.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.repositories import git as run_git

from improve.checks.pytest_check import judge
from improve.contract.checking import check_request
from improve.contract.decoding import decode_json
from improve.contract.run_url import parse_run_url
from improve.errors import ImproveError, RequestError
from improve.evidence import clean_text, distil, redact
from improve.forge import github_runs
from improve.forge.developers import developers
from improve.forge.github_answers import JobAnswer, RunAnswer
from improve.guard import inspect
from improve.records import CiRun, Developer, Failure, Request
from improve.reproduction.base import failed_branch
from improve.workbench.git import Git
from improve.workbench.process import Finished

NODE = "tests/test_shop.py::test_total"
SHA = "1" * 40
URL = "https://github.com/octo/shop/actions/runs/7"
CHANGE = """\
diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -{line} +{line} @@
-{old}
+fixed
"""


class Refused(Exception):
    """The product or git does not take this text at this door; ``str`` is what a person reads."""


@dataclass(frozen=True)
class Came:
    """What came in through a door. The defaults are what an honest run has."""

    prompt: str = "total is wrong"
    branch: str | None = "main"
    base: str = "main"
    node: str = NODE
    file: str = "shop.py"
    explanation: str = "The loop leaves the first price out."
    failure: Failure = field(default_factory=lambda: logged("assert 5 == 6"))
    observed: Failure = field(default_factory=lambda: seen(message="assert 5 == 6"))
    people: tuple[Developer, ...] = (Developer(name="Ada", why="last changed 1 of the lines"),)
    ci_run: CiRun = field(default_factory=lambda: told_by_github("test"))
    output: str = "1 failed"


Door = Callable[[str], Came]


def seen(**told: Any) -> Failure:
    """A failure as our own run of pytest records it."""
    entry = {
        "kind": "report", "id": NODE, "outcome": "failed", "when": "call", "type": "AssertionError",
        "message": "m", "excerpt": "E   m", "frames": [["shop.py", 3, "total"]], "file": "shop.py",
        "line": 3, **told,
    }  # fmt: skip
    done = Finished(("pytest",), 1, b"", b"", 0.1)
    return judge(done, [json.dumps(entry)], Path("/tree")).failures[0]


def logged(message: str, node: str = NODE) -> Failure:
    """A failure as the log of CI tells it."""
    log = (
        f"=== FAILURES ===\n____ test_total ____\n\n    def test_total():\n>       assert total()\n"
        f"E       AssertionError: {message}\n\ntests/test_shop.py:4: AssertionError\n"
        f"---- Captured stdout call ----\n{message}\n=== short test summary info ===\n"
        f"FAILED {node} - AssertionError: {message}\n=== 1 failed in 0.1s ===\n"
    )
    return distil(log.encode("utf-8", "surrogatepass").split(b"\n")).failures[0]


def told_by_github(name: str) -> CiRun:
    """A red run whose workflow, branch, job, label and failed step have this name."""
    run = RunAnswer(
        id=7, name=name, event="push", status="completed", conclusion="failure", head_branch=name, head_sha=SHA,
    )  # fmt: skip
    job = {
        "id": 41, "run_id": 7, "name": name, "status": "completed", "conclusion": "failure",
        "labels": [name], "steps": [{"name": name, "conclusion": "failure"}],
    }  # fmt: skip
    jobs = [JobAnswer.model_validate(job)]
    place = parse_run_url(URL)
    assert place is not None
    return github_runs.facts(URL, place, run, jobs, jobs)


def prompt(text: str) -> Came:
    """The prompt of info.json."""
    given = {"deterministic": True, "prompt": text, "raw-logs": "ci.log"}
    try:
        request = check_request(decode_json(json.dumps(given).encode()))
    except RequestError as error:
        raise Refused(str(error)) from error
    return Came(prompt=request.prompt)


def branch_of(git: Git) -> Door:
    """A branch's name: where git takes it, as the branch that failed; GitHub may tell any."""

    def door(text: str) -> Came:
        given = {"deterministic": True, "prompt": "x", "check": "x", "base": text}
        refusal = ""
        try:
            check_request(decode_json(json.dumps(given).encode()))
        except RequestError as error:
            refusal = str(error)
        try:
            taken = failed_branch(git, text, SHA).branch == text
        except (ValueError, ImproveError):  # NUL and half pairs reach no program's arguments
            taken = False
        if refusal and not taken:
            raise Refused(refusal)
        return Came(branch=text, base=text, ci_run=told_by_github(text))

    return door


def title(text: str) -> Came:
    """What titles are made of: the name of the error, of the test and of the file; and what the
    agent says of its change, as the attempt keeps it."""
    found = seen(
        type=text, message=f"{text}: x", id=f"tests/test_shop.py::{text}", file=f"{text}.py"
    )
    said = redact(clean_text(text))
    return Came(observed=found, node=found.node_id or "", explanation=said, file=found.file or "")


def author_of(git: Git, top: Path) -> Door:
    """The author of the line that the fix changes, as git blame tells it."""

    def door(text: str) -> Came:
        name = "".join(sign for sign in text if sign not in "<>\n\0")  # git itself leaves them out
        raw = name.encode("utf-8", "surrogatepass")
        data = b"data 5\nline\n"
        commit = (
            b"commit refs/heads/authors\nauthor " + raw + b" <a@b.invalid> 1700000000 +0000\n"
            b"committer c <c@d.invalid> 1700000000 +0000\n" + data + b"M 644 inline shop.py\n" + data
            + b"M 644 inline CODEOWNERS\ndata 21\n*.py @octo/team @ada\n\n\n"
        )  # fmt: skip
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force"], cwd=top, input=commit, check=True, capture_output=True
        )  # fmt: skip
        head = run_git(top, "rev-parse", "authors")
        return Came(people=developers(git, head, CHANGE.format(line=1, old="line").encode()))

    return door


def test_id(text: str) -> Came:
    """The id of a parametrised test, in the log and as pytest tells it here."""
    found = seen(id=f"{NODE}[{text}]")
    node = found.node_id or ""
    return Came(node=node, failure=logged("assert 5 == 6", node), observed=found)


def names(text: str) -> Came:
    """Names of workflow, job, step and runner, as GitHub's API tells them."""
    run = told_by_github(text)
    found = logged("assert 5 == 6").model_copy(update={"job": run.jobs[0].name})
    return Came(ci_run=run, failure=found)


def log(text: str) -> Came:
    """A line of the log, or a comment in it; and what the test prints here."""
    printed = f"{text}\nE       AssertionError: {text}"
    observed = seen(message=text, plain_message=text, excerpt=printed)
    return Came(failure=logged(text), observed=observed, output=redact(clean_text(printed)))


def path(text: str) -> Came:
    """The name of a file in the traceback, in the diff and among the suspects."""
    observed = seen(file=text, frames=[[text, 3, text]], id=f"{text}::test_total")
    file = observed.file or ""
    diff = CHANGE.replace("{line}", "1").replace("{old}", "line").replace("shop.py", file)
    refused = [verdict.reason for verdict in inspect(diff.encode(), set(), ())]
    said = f"`{file}:3` is wrong. {' '.join(refused)}"
    return Came(
        file=file, node=observed.node_id or "", observed=observed, explanation=redact(clean_text(said)),
    )  # fmt: skip


def request_of(came: Came) -> Request:
    return Request(deterministic=True, prompt=came.prompt)
