"""One function a key: text -> the problem with it, or None. Pure.

The values reach git, pytest and a shell later on, so what could be taken there for an option,
a path out of the repository or a control sequence is refused here already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from improve.contract.run_url import parse_run_url
from improve.records.problem import Problem, did_you_mean, short
from improve.records.request import RUNGS, SETTINGS

Rule = Callable[[str, str], "Problem | None"]

MAX_PATH = 4096
_RUN_FORM = (
    "https://HOST/OWNER/REPO/actions/runs/ID, with /attempts/N or /job/ID behind it if wished"
)
_OPEN_RUN = "open the failed run (or its failed job) in the browser and copy the address"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def check_prompt(where: str, text: str) -> Problem | None:
    """Any text with something in it; line breaks and tabs are fine."""
    if not text.strip():
        cure = 'say what fails and what you would like, e.g. "test_gather times out; fix it"'
        return Problem(where, short(text), "a few words", cure)
    return _control(where, text, "\n\r\t")


def check_raw_logs(where: str, text: str) -> Problem | None:
    """Log text or a path; logs are full of escapes, so control characters are fine."""
    allowed = "the log's text, or the path of the file that holds it"
    if not text.strip():
        return Problem(where, short(text), allowed, "paste the log or name its file")
    if text.startswith(("http://", "https://")) and len(text.split()) == 1:
        return Problem(where, short(text), allowed, 'an address belongs into the key "url"')
    return _half_pair(where, text)


def check_url(where: str, text: str) -> Problem | None:
    """The address of a GitHub Actions run or job."""
    if parse_run_url(text) is not None:
        return None
    cure = _OPEN_RUN
    if text.startswith("http://"):
        cure = "write https:// in place of http://"
    elif "/pull/" in text or "/commit/" in text:
        cure = "this is no run: " + _OPEN_RUN + " (tab 'Checks' or 'Actions')"
    elif text != text.strip() and parse_run_url(text.strip()):
        cure = "remove the white space around it"
    elif text.startswith("/") or text.endswith((".log", ".txt")):
        cure = 'the path of a log belongs into the key "raw-logs"'
    return Problem(where, short(text), _RUN_FORM, cure)


def check_test_path(where: str, text: str) -> Problem | None:
    """A path or node id inside the repository that pytest cannot take for an option.

    ``pytest @file`` reads options from that file and ``-pplugin`` imports a module.
    """
    allowed = "path or pytest node id inside the repository, e.g. tests/test_a.py::test_b"
    path = text.split("::", 1)[0]
    if not path.strip() or text != text.strip() or len(text) > MAX_PATH:
        cure = "write the path alone, without white space around it"
    elif text[0] in "-@":
        cure = f"a path that really begins with {text[0]} is written ./{text[0]}..."
    elif path[0] in "/~" or re.match(r"[A-Za-z]:[\\/]", path):
        cure = "write it relative to the top of the repository"
    elif ".." in re.split(r"[\\/]", path):
        cure = "the test must lie inside the repository; write the path without '..'"
    elif "\\" in path:
        cure = "write / between folders"
    else:
        return _control(where, text, "")
    return Problem(where, short(text), allowed, cure)


def check_name(where: str, text: str) -> Problem | None:
    """The failure's folder and branch name."""
    if _NAME.fullmatch(text):
        return None
    ascii_only = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:64].strip("-")
    allowed = "small letters, digits and hyphens; a letter or digit first; at most 64"
    return Problem(where, short(text), allowed, f'write "{slug or "my-failure"}"')


def check_repository(where: str, text: str) -> Problem | None:
    """A path; whether anything lies there is looked at when the run is opened."""
    allowed = "the path of a clone"
    if not text.strip() or len(text) > MAX_PATH:
        return Problem(where, short(text), allowed, "leave it out for the repository of info.json")
    if "://" in text or re.match(r"[\w.-]{1,64}@[\w.-]{1,253}:", text):
        return Problem(where, short(text), allowed, "clone it and give the clone's path")
    if text.startswith("-"):
        return Problem(where, short(text), allowed, "write ./ before a path that begins with -")
    return _control(where, text, "")


def check_commit(where: str, text: str) -> Problem | None:
    """A whole commit id: a short one, or a branch, may mean another commit tomorrow."""
    if _COMMIT.fullmatch(text):
        return None
    allowed = "a whole commit id: 40 hex digits in small letters"
    return Problem(where, short(text), allowed, "git rev-parse NAME prints it")


def check_base(where: str, text: str) -> Problem | None:
    """A branch name by the rules of ``git check-ref-format --branch``."""
    allowed = "the name of a branch, e.g. main"
    if text.startswith("refs/heads/") and not _bad_ref(text[11:]):
        return Problem(where, short(text), allowed, f"write {short(text[11:])}")
    reason = _bad_ref(text)
    if reason:
        return Problem(where, short(text), allowed, f"git: {reason}")
    return _half_pair(where, text)


def _bad_ref(name: str) -> str | None:
    parts = name.split("/")
    rules = (
        (not name or len(name) > 200, "a branch name has 1 to 200 characters"),
        (name in ("@", "HEAD") or name.startswith("refs/"), "this is no branch of your own"),
        (name.startswith("-"), "a branch name does not begin with -"),
        (
            re.search(r"[\x00-\x20\x7f-\x9f~^:?*\[\\]", name),
            "no white space and none of ~ ^ : ? * [ \\",
        ),
        (".." in name or "@{" in name, "no '..' and no '@{'"),
        ("" in parts, "no / at either end, and no two in a row"),
        (any(p.startswith(".") for p in parts), "no part begins with a dot"),
        (
            name.endswith(".") or any(p.endswith(".lock") for p in parts),
            "no '.' or '.lock' at an end",
        ),
    )
    return next((reason for broken, reason in rules if broken), None)


def check_revision(where: str, text: str) -> Problem | None:
    """A commit or a tag; whether the repository has it is seen later."""
    allowed = "a commit id (7 digits or more) or the name of a tag"
    tag = text.removeprefix("refs/tags/")
    if re.fullmatch(r"[0-9a-f]{7,64}", text) or not _bad_ref(tag):
        return _half_pair(where, text)
    cure = "git tag --list prints the tags; git rev-parse NAME prints the commit of a branch"
    return Problem(where, short(text), allowed, cure)


def check_command(where: str, text: str) -> Problem | None:
    """A command line; one line, since the journal and the report show it as one."""
    if not text.strip():
        return Problem(where, short(text), "a command", "write the command or leave the key out")
    return _control(where, text, "\t")


def check_agent(where: str, text: str) -> Problem | None:
    """A rung that this version has."""
    if text in RUNGS:
        return None
    guess = did_you_mean(text, RUNGS)
    cure = f'did you mean "{guess}"?' if guess else "`improve doctor` says what each needs"
    return Problem(where, short(text), "one of " + ", ".join(RUNGS), cure)


def check_setting(where: str, text: str) -> Problem | None:
    """A setting that repeated runs may have."""
    if text in SETTINGS:
        return None
    guess = did_you_mean(text, SETTINGS)
    cure = f'did you mean "{guess}"?' if guess else "leave it out: all that suit are tried"
    return Problem(where, short(text), "one of " + ", ".join(SETTINGS), cure)


def _control(where: str, text: str, fine: str) -> Problem | None:
    allowed = "printable text" if "\n" in fine else "printable text on one line"
    return _none_of(("Cc", "Cs"), where, text, allowed, fine)


def _half_pair(where: str, text: str) -> Problem | None:
    return _none_of(("Cs",), where, text, "whole characters")


def _none_of(
    kinds: tuple[str, ...], where: str, text: str, allowed: str, fine: str = ""
) -> Problem | None:
    # Cc: terminal escapes and NUL; Cs: half a surrogate pair, which no file can hold.
    bad = next((c for c in text if unicodedata.category(c) in kinds and c not in fine), None)
    if bad is None:
        return None
    found = f"the character U+{ord(bad):04X}"
    return Problem(where, found, allowed, f"remove it (character {text.index(bad) + 1})")


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "$schema": _half_pair,
        "prompt": check_prompt,
        "raw-logs": check_raw_logs,
        "url": check_url,
        "existing-test-path": check_test_path,
        "name": check_name,
        "repository": check_repository,
        "commit": check_commit,
        "base": check_base,
        "setup": check_command,
        "check": check_command,
        "slower-than": check_revision,
        "try-first": check_setting,
        "agents": check_agent,
    }
)
