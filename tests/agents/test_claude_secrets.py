"""A secret that lies in the repository is seen by no model, by whichever tool it is read.

The loopback service is what the vendor would have received. The control takes the look away.
"""

from __future__ import annotations

import json
import os

import pytest
from tests.support import claude_job
from tests.support.claude_job import RIGHT, Job, Start
from tests.support.model_servers.script import Call, Turn
from tests.support.secrets import SECRETS

from improve.redaction import remember
from improve.workbench import keyproxy_handler

start = claude_job.start  # a fixture
SECONDS = 120.0  # four turns of a real program on a machine that is busy
TOKEN, KNOWN = SECRETS["github classic"], "q7Zt55x0Lm8wP93vbN2sK8eR4"


@pytest.fixture
def job(start: Start, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A shop in whose settings a token and a value of our own environment were committed."""
    made = start([])
    settings = made.tree / "settings.py"
    settings.write_text(f"TOKEN = '{TOKEN}'\nOTHER = '{KNOWN}'\nprice = 1\n")
    monkeypatch.setenv("DEPLOY_TOKEN", KNOWN)
    remember(os.environ)
    line = {"file_path": str(settings), "old_string": "price = 1", "new_string": "price = 2"}
    made.model.script.say([
        Turn("I look.", (
            Call("Read", {"file_path": str(settings)}),
            Call("Grep", {"pattern": "TOKEN|OTHER", "path": str(made.tree), "output_mode": "content"}),
            Call("Bash", {"command": f"cat {settings}", "description": "x"}),
            Call("Bash", {"command": f"cat {settings}; rev {settings}; false", "description": "x"}),
        )),
        Turn("I edit.", (Call("Edit", line), claude_job.edit(made.shop),
                         Call("Read", {"file_path": str(made.shop)}))),
        Turn("I edit.", (claude_job.edit(made.shop),)),
        Turn("Done.", answer={"cause": "price"}),
    ])  # fmt: skip
    return made


def sent(made: Job) -> str:
    return json.dumps([seen.body for seen in made.model.seen])


def test_the_model_is_sent_no_secret_and_its_work_goes_on(job: Job) -> None:
    job.work(SECONDS)
    for secret in (TOKEN[10:], KNOWN, KNOWN[::-1]):
        assert secret not in sent(job)
    assert sent(job).count("[redacted: github token]") >= 4, "one for each tool that read it"
    assert job.shop.read_text() == RIGHT
    text = (job.tree / "settings.py").read_text()
    assert text == f"TOKEN = '{TOKEN}'\nOTHER = '{KNOWN}'\nprice = 2\n", "an edit beside it holds"


def test_the_control_without_the_look_it_is_sent(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyproxy_handler, "without_secrets", lambda body: body)
    job.work(SECONDS)
    assert all(secret in sent(job) for secret in (TOKEN, KNOWN, KNOWN[::-1]))
    assert sent(job).count(TOKEN) >= 4
