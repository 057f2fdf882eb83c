"""A request that names a commit is about that commit and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository

from improve.errors import ImproveError
from improve.records import CiRun, Evidence
from improve.reproduction.workshop import named_commit
from improve.workbench.git import Git


def seen(commit: str) -> Evidence:
    url = "https://github.com/acme/shop/actions/runs/7"
    ran = CiRun(url=url, repository="acme/shop", id=7, attempt=1, commit=commit)
    return Evidence(source="url", ci_run=ran)


def test_it_has_to_be_the_runs_and_the_clones(tmp_path: Path) -> None:
    place = repository(tmp_path / "clone", {"a.py": "x = 1\n"})
    head, user = git(place, "rev-parse", "HEAD"), Git(place / ".git")
    assert named_commit(user, head, seen(head)) == head
    assert named_commit(user, head, Evidence(source="raw-logs")) == head
    with pytest.raises(ImproveError, match=r"the failed run is of bbbbbbbbbbbb"):
        named_commit(user, head, seen("b" * 40))
    with pytest.raises(ImproveError, match="does not have commit bbbbbbbbbbbb"):
        named_commit(user, "b" * 40, seen("b" * 40))
