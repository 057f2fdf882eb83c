"""Runs that meet a fault of GitHub: before the logs are there, and before the fix is published.

``improve`` calls the command line in this process, so that a test may shorten what it waits for.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.forge.drafts import Shop
from tests.support.repositories import git

from improve import rundir
from improve.cli import main
from improve.records import (
    Attempt,
    CiRun,
    Evidence,
    Failure,
    Fix,
    Proof,
    Reproduction,
    Request,
    ValidatedRequest,
)

NAME = "shop"
FOLDER = f"2026-01-02_03-04-05_{NAME}"
URL = "https://github.com/acme/shop/actions/runs/7"
PATCH = "--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
PROOF = Proof(outcome="verified", before_runs=3, before_failures=3, after_runs=5, after_passes=5)


@dataclass(frozen=True)
class Ended:
    """How one verb ended: its exit code, and what it said to people."""

    code: int
    said: str


def improve(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path
) -> Ended:
    """One call of the command line."""
    monkeypatch.setattr(sys, "argv", ["improve", *map(str, words)])
    monkeypatch.setenv("IMPROVE_RUN", "")  # the verb sets it for its children
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main()
    return Ended(int(end.value.code or 0), capsys.readouterr().err)


def red_run(shop: Shop, url: str = URL) -> Path:
    """A run folder that `improve validate` has left for ``url``."""
    request = {"deterministic": True, "prompt": "CI is red", "name": NAME, "url": url}
    run = shop.run.parent / "outputs" / FOLDER
    run.mkdir(parents=True)
    (run / "request.json").write_text("{}\n")
    rundir.save(
        run,
        ValidatedRequest(
            request=Request.model_validate(request), request_path=run / "request.json", name=NAME,
            slug=NAME, repository=shop.top, toolkit_prefix="", branch="main", agents=("embedded",),
            head=git(shop.top, "rev-parse", "main"),
        ),
    )  # fmt: skip
    return run


def proven_run(shop: Shop) -> Path:
    """A run folder in which everything but publishing is done; the fix is proven."""
    run = red_run(shop)
    head = git(shop.top, "rev-parse", "main")
    seen = Failure(node_id="test_shop.py::test_a", error_type="ValueError", message="no")
    ci = CiRun(url=URL, repository="acme/shop", id=7, attempt=1, commit=head, branch="main")
    rundir.save(run, Evidence(source="url", failures=(seen,), ci_run=ci))
    rundir.save(
        run,
        Reproduction(
            outcome="reproduced", commit=head, kind="minimal", node_ids=("test_shop.py::test_a",),
            original_node_ids=("test_shop.py::test_a",), observed=seen, expected=seen, runs=3,
            failed_runs=3, base="main", base_commit=head,
        ),
    )  # fmt: skip
    kept = Attempt(
        number=1, agent="embedded", outcome="kept", files=("shop.py",), patch="fix.patch", proof=PROOF
    )  # fmt: skip
    (run / "fix.patch").write_text(PATCH)
    fix = Fix(
        outcome="fixed", attempts=(kept,), kept=1, patch="fix.patch", base="main", base_commit=head
    )
    rundir.save(run, fix)
    return run
