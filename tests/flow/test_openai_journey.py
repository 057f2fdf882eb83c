"""From a red log to a draft pull request, carried by the real Agents SDK on a scripted model.

All of it happens in a network namespace that holds a loopback and nothing else: whoever asks for
another machine, or for a name, is counted by the kernel (proc_net(5)).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.support.repositories import git, repository
from tests.support.shop import FILES, FIXED

pytest.importorskip("agents")
HERE = Path(__file__).parents[2]
ALONE = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]
INSIDE = "tests.support.openai_journey"
needs_namespace = pytest.mark.skipif(
    subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode != 0,
    reason="no network namespaces here",
)


@pytest.mark.nightly
@needs_namespace
@pytest.mark.slow
def test_from_a_red_log_to_a_draft_pull_request(
    tmp_path: Path, shop: Path, cache: Path, fix_shop: Fixing
) -> None:
    if not cache.exists():  # the target's environment is built with a network, once for all flows
        fix_shop(repository(tmp_path / "other", FILES)).good()
    world = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE / 'tools'}"}
    done = subprocess.run(
        [*ALONE, sys.executable, "-m", INSIDE, str(tmp_path), str(shop), str(cache)],
        cwd=HERE, env=world, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    attempt = told["fix"]["attempts"][0]
    assert (attempt["agent"], attempt["outcome"], attempt["turns"]) == ("openai", "kept", 4)
    assert attempt["root_cause"]["summary"].startswith("total skips")
    assert len(attempt["denied"]) == 1 and "reproduction" in attempt["denied"][0]
    assert attempt["usage"][0]["model"] == "gpt-6.1-sol" and attempt["usd"] > 0
    assert git(shop, "show", "fix/wrong-total:shop.py") + "\n" == FIXED["shop.py"]
    assert git(shop, "diff", "--name-only", "main", "fix/wrong-total") == "shop.py"
    assert told["publish"]["outcome"] == "created" and "✅ Success" in told["report"]
    for wanted in ("assert 5 == 6", "shop.py", "It fails; fix it."):
        assert wanted in told["prompt"], f"{wanted!r} is not in the prompt:\n{told['prompt']}"
    # The control is two tries of the test's own; everything else added none.
    assert (told["beyond_loopback"], told["control"]) == (0, 2)
