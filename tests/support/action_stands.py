"""Plain copies in place of the actions that the workflows use; artifacts lie in a folder."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.repositories import git
from tests.support.step_runner import Machine, Stand


def stands_in(
    kept: Path, origin: Path, place_toolkit: Callable[[Path], object], app_token: str = ""
) -> dict[str, Stand]:
    """Action -> what is done in its place. Artifacts go to ``kept``; the target is ``origin``."""

    def checkout(given: Mapping[str, Any], machine: Machine) -> None:
        assert given["persist-credentials"] == "false"
        place = machine.workspace / given["path"]
        if given["path"] == "toolkit":
            place_toolkit(place)
        else:
            assert given["fetch-depth"] == "0"
            git(machine.workspace, "clone", "-q", str(origin), str(place))

    def upload(given: Mapping[str, Any], _machine: Machine) -> None:
        # As the real one: links are followed, dead ones left out, modes are lost, names are taken once.
        assert not (kept / given["name"]).exists(), f"a second artifact {given['name']}"
        shutil.copytree(
            given["path"], kept / given["name"], copy_function=shutil.copyfile,
            ignore_dangling_symlinks=True,
        )  # fmt: skip

    def download(given: Mapping[str, Any], _machine: Machine) -> None:
        names = [one.name for one in kept.glob("*") if fnmatch.fnmatch(one.name, given["pattern"])]
        for name in names:
            one_place = given.get("merge-multiple") == "true"
            place = Path(given["path"]) / ("" if one_place else name)
            shutil.copytree(kept / name, place, dirs_exist_ok=True)

    def app(given: Mapping[str, Any], machine: Machine) -> None:
        assert given["private-key"], "the secret is not passed on"
        machine.steps["app"] = {"outputs": {"token": app_token}}

    return {
        "actions/checkout": checkout,
        "actions/setup-python": lambda _given, _machine: None,
        "actions/upload-artifact": upload,
        "actions/download-artifact": download,
        "actions/create-github-app-token": app,
    }
