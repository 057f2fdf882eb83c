"""A plugin that writes what pytest itself knows of each failure: the truth for the parsers."""

import json
import os

FOUND = []


def pytest_exception_interact(node, call, report):
    if not hasattr(report, "when") or report.when == "collect":
        return
    value = call.excinfo.value
    name = call.excinfo.typename
    text = getattr(value, "msg", None) if name in ("Failed", "FixtureLookupError") else str(value)
    FOUND.append((report.nodeid, report.when, name, (text or "").partition("\n")[0]))


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput") and os.environ.get("ORACLE"):
        with open(os.environ["ORACLE"], "w") as out:
            json.dump(FOUND, out, indent=1)
            out.write("\n")
