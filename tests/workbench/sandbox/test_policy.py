"""Where nothing can be held, CI refuses and a laptop is told; what the settings say is kept."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from improve.errors import ImproveError
from improve.settings import resolve_settings
from improve.workbench import process, sandbox
from improve.workbench.sandbox import calls, policy
from improve.workbench.sandbox.fence import Limits
from improve.workbench.sandbox.holding import INSIDE

# A machine on which neither namespaces nor landlock can be had: a filter refuses both, for real.
BARE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import improve_landlock as parts
parts.LIBC.prctl(38, 1, 0, 0, 0)
parts.filter_calls(bytes.fromhex(sys.argv[2]))
sys.path.insert(0, sys.argv[3])
from improve.errors import ImproveError
from improve.workbench import sandbox
sandbox.decide(sandbox.Policy(wish=sys.argv[4]))
try:
    print(json.dumps([sandbox.level(), sandbox.warning()]))
except ImproveError as error:
    print(json.dumps(["refused", f"{error.what} {error.cure}"]))
"""
# No byte can be written any more, as on a full disk.
FULL = """
import json, resource, sys, tempfile
sys.path.insert(0, sys.argv[1])
from improve.errors import Unable
from improve.workbench.sandbox import levels
tempfile.gettempdir()
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    print(json.dumps(levels.best()))
except Unable as error:
    print(json.dumps(f"{error.what} {error.cure}"))
"""
TOOLS = str(Path(sandbox.__file__).parents[3])


def on_a_bare_machine(wish: str, **environ: str) -> list[str]:
    """[level or 'refused', the warning or the error] of a process that no sandbox works for."""
    landlock = {"landlock_create_ruleset": (444, 444)}
    rules = calls._whole(landlock, calls.NEW_ANY, None)
    if rules is None:
        pytest.skip(f"no filter for {platform.machine()}")
    world = {k: v for k, v in os.environ.items() if k not in policy.CI} | environ
    argv = [sys.executable, "-I", "-c", BARE, str(INSIDE), rules.hex(), TOOLS, wish]
    done = subprocess.run(argv, env=world, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout)
    return answer


def test_a_full_disk_costs_no_run_its_fence() -> None:
    argv = [sys.executable, "-I", "-c", FULL, TOOLS]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "could not be found out: File too large" in said and "Make room in" in said


@pytest.mark.parametrize("name", ["CI", "GITHUB_ACTIONS"])
def test_ci_without_a_sandbox_is_refused(name: str) -> None:
    level, said = on_a_bare_machine("auto", **{name: "true"})
    assert level == "refused" and "CI machine" in said
    assert "bubblewrap:" in said and "landlock:" in said, "why each level fails"
    assert "apt-get install bubblewrap" in said and "sandbox: off" in said, "the cures"


def test_a_laptop_without_a_sandbox_is_told() -> None:
    assert on_a_bare_machine("auto") == ["none", policy.NO_SANDBOX]


def test_off_is_off_even_in_ci_and_says_so() -> None:
    level, said = on_a_bare_machine("off", CI="true")
    assert level == "none" and "(sandbox: off)" in said


@pytest.mark.parametrize("wish", ["require", "bubblewrap", "landlock"])
def test_what_is_asked_for_and_cannot_be_had_is_refused(wish: str) -> None:
    assert on_a_bare_machine(wish)[0] == "refused"


def test_a_level_that_is_missing_never_opens_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # bwrap was there when the level was found, and is gone or broken when it is used.
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    fence = sandbox.Held(sandbox.Fence(tmp_path), "bubblewrap")
    with pytest.raises(ImproveError, match=r"(?s)could not be started in the sandbox.*uid map"):
        process.run(["touch", "ran"], cwd=tmp_path, env={"PATH": "/usr/bin"}, fence=fence)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("", {}, policy.Policy()),
        ("sandbox: off\n", {}, policy.Policy(wish="off")),
        ("sandbox: require\nsandbox-network: true\n", {}, policy.Policy("require", True)),
        ("sandbox: require\n", {"IMPROVE_SANDBOX": "landlock"}, policy.Policy("landlock")),
        ("sandbox-memory-mb: 100\n", {}, policy.Policy(memory_bytes=100 << 20)),
        (
            'sandbox-readable: ["/srv/a b", "~/x"]\n',
            {},
            policy.Policy(readable=(Path("/srv/a b"), Path("~/x"))),
        ),
    ],
)
def test_settings_become_the_policy(
    text: str, environ: dict[str, str], expected: policy.Policy
) -> None:
    found = resolve_settings(text, environ)
    options: dict[str, Any] = {
        name.replace("_", "-"): getattr(found, name).value
        for name in ("sandbox", "sandbox_network", "sandbox_memory_mb", "sandbox_readable")
    }
    made = policy.from_options(options)
    # The home folder is that of the moment: every test has its own.
    assert made == replace(expected, readable=tuple(p.expanduser() for p in expected.readable))


def test_the_default_of_the_setting_is_that_of_the_limits() -> None:
    assert policy.from_options({}).memory_bytes == Limits().memory_bytes


def test_a_request_may_open_the_network_for_its_tests(tmp_path: Path) -> None:
    from improve.records import Request

    request = Request.model_validate({"deterministic": True, "prompt": "p", "network": True})
    found = resolve_settings("", {}, request=request)
    assert (found.sandbox_network.value, found.sandbox_network.source) == (True, "request")
    closed = resolve_settings("", {}, request=request.model_copy(update={"network": False}))
    assert closed.sandbox_network.value is False
