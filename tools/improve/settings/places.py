"""Where things are kept by default. Pure: the environment and the home folder are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from improve.settings.declared import Settings

NAME = "codebase-improvements"


def cache_folder(settings: Settings, environment: Mapping[str, str], home: Path) -> Path:
    """Folder for built environments: the setting, $XDG_CACHE_HOME or ~/.cache.

    A relative $XDG_CACHE_HOME is ignored, as the XDG base directory specification demands.
    """
    wanted = settings.cache_dir.value
    if wanted is not None:
        return home / wanted[2:] if wanted.startswith("~/") else Path(wanted)
    xdg = Path(environment.get("XDG_CACHE_HOME") or "")
    return (xdg if xdg.is_absolute() else home / ".cache") / NAME
