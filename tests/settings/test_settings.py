"""Settings: every value has a source, later sources win, and mistakes are told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from improve.errors import RequestError
from improve.records.request import Request
from improve.settings import DECLARED, Setting, cache_folder, load_settings, resolve_settings
from improve.settings.example import example_text

TOP = Path(__file__).resolve().parents[2]


def request_with(*agents: str) -> Request:
    return Request(deterministic=True, prompt="x", raw_logs="ci.log", agents=agents)


def test_defaults_are_those_of_the_design() -> None:
    settings = resolve_settings("", {})
    assert settings.ladder == Setting(("embedded", "claude", "claude", "openai"), "default")
    minutes = (settings.reproduce_minutes, settings.fix_minutes, settings.suite_minutes)
    assert [setting.value for setting in minutes] == [5, 15, 5]
    assert settings.keep_workbench.value is False
    assert settings.command_agent.value is None


def test_later_sources_win() -> None:
    text, environment = "ladder: [manual]\n", {"IMPROVE_LADDER": "command, embedded"}
    request, flags = request_with("scripted"), {"ladder": "embedded,manual"}
    assert resolve_settings(text, {}).ladder == Setting(("manual",), "file")
    ladder = resolve_settings(text, environment).ladder
    assert ladder == Setting(("command", "embedded"), "environment")
    ladder = resolve_settings(text, environment, {}, request).ladder
    assert ladder == Setting(("scripted",), "request")
    ladder = resolve_settings(text, environment, flags, request).ladder
    assert ladder == Setting(("embedded", "manual"), "flag")


def test_request_without_agents_leaves_the_ladder() -> None:
    assert resolve_settings("ladder: [manual]", {}, {}, request_with()).ladder.source == "file"


def test_values_out_of_the_environment() -> None:
    settings = resolve_settings(
        "",
        {
            "IMPROVE_COMMAND_AGENT": "my-agent --prompt '{prompt_file}' 'a b'",
            "IMPROVE_FIX_MINUTES": "2.5",
            "IMPROVE_KEEP_WORKBENCH": "1",
            "IMPROVE_PROTECTED_PATHS": "a/**, LICENSE",
            "IMPROVE_PYTHON": "",
        },
    )
    assert settings.command_agent.value == ("my-agent", "--prompt", "{prompt_file}", "a b")
    assert settings.fix_minutes == Setting(2.5, "environment")
    assert settings.keep_workbench.value is True
    assert settings.protected_paths.value == ("a/**", "LICENSE")
    assert settings.python == Setting(None, "default")


def test_flags_that_were_not_given_change_nothing() -> None:
    settings = resolve_settings("", {}, {"python": None, "keep-workbench": True})
    assert settings.python.source == "default"
    assert settings.keep_workbench == Setting(True, "flag")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\nfix_minutes: 5", ("line 2", 'did you mean "fix-minutes"?')),
        ("colour: red", ("line 1: colour", "there is: ladder")),
        ("fix-minutes: five", ("line 1: fix-minutes", '"five"', "minutes above 0")),
        ("fix-minutes: 0", ("found 0", "above 0")),
        ("fix-minutes: .nan", ("minutes above 0",)),
        ("fix-minutes: true", ("found true",)),
        ("keep-workbench: 'no'", ('found "no"', "true or false")),
        ("ladder: embedded", ('found "embedded"', "a list out of embedded")),
        ("ladder: [embeded]", ("a list of 1", "write e.g. [embedded")),
        ("ladder: []", ("an empty list",)),
        ("command-agent: my-agent --prompt x", ("the program and its arguments",)),
        ("python: 3.11", ("found 3.11", "a path")),
        ("cache-dir: 2026-01-01", ("a path",)),
        ("cache-dir: 2026-02-31", ("cannot be read",)),
        ("a: 1\na: 2", ("line 2", "already (line 1)", "keep one")),
        ("a: [1", ("line 1", "not YAML")),
        ("python: x\n\tfoo: 1", ("line 2", "not YAML", "tabs")),
        ("- a", ("no list of settings",)),
        ("python: &x a\ncache-dir: *x", ("line 2", "alias")),
        ("python: !!python/object/apply:os.system [id]", ("line 1", "not YAML")),
        ("x: " + "[" * 5000, ("",)),
        ("#" * 70_000, ("70000 characters",)),
        ("a\x00b: 1", ("not YAML",)),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_place(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RequestError) as caught:
        resolve_settings(text, {})
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, f"{missing} not in:\n{message}"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(RequestError) as caught:
        resolve_settings("colour: 1", {"IMPROVE_FIX_MINUTES": "x"}, {"ladder": "zzz", "nope": 1})
    message = str(caught.value)
    assert "4 problems" in message
    assert all(w in message for w in ("colour", "IMPROVE_FIX_MINUTES", "--ladder", "--nope"))


def test_misspelt_variable_is_noted_and_a_foreign_one_is_not() -> None:
    settings = resolve_settings("", {"IMPROVE_LADER": "x", "IMPROVE_XYZZYQ": "1", "PATH": "/bin"})
    assert settings.notes == ("IMPROVE_LADER is no setting; did you mean IMPROVE_LADDER?",)


def test_missing_file_means_defaults_and_a_folder_is_refused(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "improve.yaml", {}) == resolve_settings("", {})
    with pytest.raises(RequestError, match="no file"):
        load_settings(tmp_path, {})
    (tmp_path / "improve.yaml").write_bytes("python: fü".encode("latin-1"))
    with pytest.raises(RequestError, match="UTF-8"):
        load_settings(tmp_path / "improve.yaml", {})


def test_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "improve.yaml").write_text(
        "python: python3.12\nfix-minutes:\n", encoding="utf-8-sig"
    )
    settings = load_settings(tmp_path / "improve.yaml", {})
    assert settings.python == Setting("python3.12", "file")
    assert settings.fix_minutes.source == "default"


def test_shipped_file_is_fresh_and_changes_nothing() -> None:
    shipped = (TOP / "improve.yaml").read_text(encoding="utf-8")
    assert shipped == example_text(), "run: python -m improve.settings.example > improve.yaml"
    assert resolve_settings(shipped, {}) == resolve_settings("", {})


def test_every_example_works_when_its_hash_is_removed() -> None:
    names = {declared.name for declared in DECLARED}
    lines = [line[1:] for line in example_text().splitlines() if line[1:].split(":")[0] in names]
    assert len(lines) == len(DECLARED)
    settings = resolve_settings("\n".join(lines), {})
    assert {getattr(settings, d.attribute).source for d in DECLARED} == {"file"}


def test_cache_folder() -> None:
    home = Path("/home/me")
    plain = resolve_settings("", {})
    assert cache_folder(plain, {}, home) == home / ".cache/codebase-improvements"
    assert cache_folder(plain, {"XDG_CACHE_HOME": "/x"}, home) == Path("/x/codebase-improvements")
    assert (
        cache_folder(plain, {"XDG_CACHE_HOME": "x"}, home) == home / ".cache/codebase-improvements"
    )
    wanted = resolve_settings("cache-dir: ~/c", {})
    assert cache_folder(wanted, {}, home) == home / "c"


@given(
    st.text()
    | st.dictionaries(st.sampled_from([d.name for d in DECLARED]), st.text()).map(yaml.dump)
)
def test_any_text_is_settings_or_refused(text: str) -> None:
    try:
        resolve_settings(text, {})
    except RequestError as error:
        str(error).encode()
