"""No text of the corpus is a dud: each one bites where nothing defends, and the judges see it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import Environment, TemplateError
from tests.support.github_reader import active, hidden, outside_code, skeleton
from tests.support.hostile_inputs import CANARY, HOSTILE, KINDS
from tests.support.step_runner import _pairs, obeyed

Bites = Callable[[str, Path], bool]


def runs_in_a_shell(text: str, folder: Path) -> bool:
    for line in (f"echo {text}", f'echo "{text}"', f"echo '{text}'", f"cat <<EOF\n{text}\nEOF"):
        script = line.replace("\0", "").encode("utf-8", "replace")
        subprocess.run(["bash"], input=script, cwd=folder, capture_output=True, check=False)
    return (folder / CANARY).exists()


def reads_as_argument(text: str, folder: Path) -> bool:
    """An option, a file of arguments, a name that git looks up, or a way out of the folder."""
    return text.startswith(("-", "@", "ext::", "../")) or runs_in_a_shell(text, folder)


def is_a_command(text: str, folder: Path) -> bool:
    (folder / "output").write_bytes(f"name={text}\n".encode("utf-8", "replace"))
    stolen = {"BASH_ENV", "result"} <= set(_pairs(folder / "output"))
    return bool(obeyed(text.replace("%0A", "\n"))) or stolen or "${{" in text or "[skip ci]" in text


def takes_effect(text: str, _folder: Path) -> bool:
    places = ("Say {}", "```\n{}\n```", "`{}`", "`a[{}]`", "| a |\n| --- |\n| {} |\n", "{}")
    for place in places:
        written, honest = place.replace("{}", text), place.replace("{}", "x")
        if active(written) or skeleton(written) != skeleton(honest):
            return True
    return False


def hides(text: str, _folder: Path) -> bool:
    return bool(hidden(text))


def fills_a_template(text: str, _folder: Path) -> bool:
    try:
        rendered = Environment(autoescape=True).from_string(text).render() != text
    except TemplateError:
        rendered = True
    try:
        formatted = text.format(tree="x", prompt_file="y") != text
    except (ValueError, IndexError, KeyError):
        formatted = True
    try:
        json_stays = json.loads(f'{{"a": "{text}"}}') == {"a": text}
    except ValueError:
        json_stays = False
    return rendered or formatted or not json_stays or text[:1] in "=+-" or len(text) > 4096


def speaks_outside(text: str, _folder: Path) -> bool:
    return text.split()[-1] in outside_code(f"The log:\n\n{text}") or bool(active(text))


BITES: dict[str, Bites] = {
    "shell": runs_in_a_shell, "argument": reads_as_argument, "workflow": is_a_command,
    "markdown": takes_effect, "invisible": hides, "template": fills_a_template, "instruction": speaks_outside,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_each_text_bites_where_nothing_defends(name: str, tmp_path: Path) -> None:
    text, bites = HOSTILE[name], BITES[name.partition(":")[0]]
    known = name == "argument: format" and fills_a_template(text, tmp_path)
    assert known or bites(text, tmp_path), f"{name} is a dud: {text[:200]!r}"


def test_the_corpus_is_large_and_of_all_kinds() -> None:
    assert len(HOSTILE) >= 60 and len(set(HOSTILE.values())) == len(HOSTILE)
    assert set(KINDS) == set(BITES) and all(len(texts) >= 4 for texts in KINDS.values())


@pytest.mark.parametrize(
    "text", ["a b", "see `code` (x) - y", "100 % of 3 > 2", "naïve ☃ ⚠️ 日本語"]
)
def test_an_honest_text_is_not_blamed(text: str, tmp_path: Path) -> None:
    said = f"Say {text}"
    assert not active(said) and not hidden(said) and not obeyed(said)
    assert skeleton(said) == skeleton("Say x")
    assert not runs_in_a_shell(text.replace("`", "").replace("(", "").replace(")", ""), tmp_path)
