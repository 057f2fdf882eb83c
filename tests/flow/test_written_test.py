"""Where code alone does not see the failure, an agent writes the test, and code judges it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, write
from tests.support.shop import FILES, FIX
from tests.support.toolkit import Ended, Toolkit, log_of, request

PLACE = "reproduce-deterministic-failures/wrong-total/tests/test_wrong_total.py"
# CI ran a test that this commit does not hold.
LOST = """\
from shop import total


def test_receipt():
    assert total([1, 2, 3]) == 6
"""
LOG = log_of({**FILES, "tests/test_receipt.py": LOST}, ["tests/test_receipt.py"])


def adds(path: str, text: str) -> str:
    """A git diff that adds a file."""
    lines = text.splitlines()
    body = "".join(f"+{line}\n" for line in lines)
    return (
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
        f"@@ -0,0 +1,{len(lines)} @@\n{body}"
    )


def asked(kit: Toolkit, shop: Path, written: str) -> Ended:
    folder = shop.parent / "request"
    write(folder / "edits", {"reproduce.patch": written, "edit.patch": FIX})
    info = request(folder, shop, agents=["scripted"], raw__logs=LOG)
    return kit.run("--request", info, IMPROVE_SCRIPTED_EDITS="edits")


@pytest.mark.slow
def test_the_written_test_is_seen_to_fail_kept_on_its_branch_and_the_fix_is_proven_with_it(
    kit: Toolkit, shop: Path
) -> None:
    ended = asked(kit, shop, adds(PLACE, LOST)).good()
    found = ended.artifact("reproduce")
    assert (found["outcome"], found["kind"]) == ("reproduced", "written"), found["notes"]
    assert found["attempts"][0]["outcome"] == "kept"
    assert git(shop, "show", f"repro/wrong-total:{PLACE}") + "\n" == LOST
    assert ended.artifact("fix")["outcome"] == "fixed"
    assert git(shop, "diff", "--name-only", "main", "fix/wrong-total") == "shop.py"
    assert "was written by an agent" in ended.report.replace("\\", "")


@pytest.mark.nightly
def test_a_test_that_passes_here_is_no_reproduction(kit: Toolkit, shop: Path) -> None:
    ended = asked(kit, shop, adds(PLACE, LOST.replace("[1, 2, 3]", "[0, 2, 4]")))
    found = ended.artifact("reproduce")
    assert found["outcome"] == "no_failure_in_log"
    assert "it failed in 0 of 3 runs" in found["attempts"][0]["reason"]
    assert "repro/" not in git(shop, "for-each-ref")
    assert ended.artifact("publish")["outcome"] == "nothing_to_publish"
