"""The page in a real browser: drawn, without an error on its console, without a request."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.ci_history import plant

from improve.phases import analyze

TOP = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--virtual-time-budget=2000",
)  # fmt: skip
SPEAKS = '<script>console.error("spoken")</script><img src="http://127.0.0.1:9/none.png">'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    plant(place / "runs", seed=3, runs=120, tests=40)
    read = analyze.of_folder(place / "runs")
    return analyze.run("runs", read, place / "out", TOP, lambda _text: None).page


def opened(page: Path, folder: Path) -> tuple[str, str, set[str]]:
    """What stands in the page once it is drawn, what its console said, which addresses were asked."""
    log = folder / "net.json"
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}",
         "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    console = "\n".join(line for line in done.stderr.split("\n") if "CONSOLE" in line)
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    # The browser asks its maker for news as well; those requests were initiated by no page.
    asked = {
        str(one["url"])
        for one in events
        if re.match("(?:https?|wss?):", str(one.get("url", "")))
        and one.get("initiator", "not an origin") != "not an origin"
    }
    return done.stdout, console, asked


def test_it_is_drawn_without_an_error_and_without_a_request(page: Path, tmp_path: Path) -> None:
    drawn, console, asked = opened(page, tmp_path)
    assert "What to repair first" in drawn and drawn.count("<svg") > 5
    assert (console, asked) == ("", set())


def test_the_control_an_error_and_a_request_are_seen(page: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.html"
    text = re.sub(r"<meta http-equiv=.Content-Security-Policy.*?>", "", page.read_text())
    spoilt.write_text(text.replace("</body>", SPEAKS + "</body>"))
    _, console, asked = opened(spoilt, tmp_path)
    assert "spoken" in console and asked == {"http://127.0.0.1:9/none.png"}, (console, asked)
