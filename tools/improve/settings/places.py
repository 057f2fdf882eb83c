"""Where things are kept by default. Pure: the environment and the home folder are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from improve.errors import ImproveError
from improve.settings.declared import Settings

NAME = "codebase-improvements"


def cache_folder(settings: Settings, environment: Mapping[str, str], home: Path | None) -> Path:
    """Folder for built environments: the setting, $XDG_CACHE_HOME or ~/.cache.

    A relative $XDG_CACHE_HOME is ignored, as the XDG base directory specification demands.
    Raises: ImproveError when it lies in a home folder and there is none.
    """
    wanted = settings.cache_dir.value
    if wanted is not None and not wanted.startswith("~/"):
        return Path(wanted)
    xdg = Path(environment.get("XDG_CACHE_HOME") or "")
    if wanted is None and xdg.is_absolute():
        return xdg / NAME
    if home is None:
        raise ImproveError(
            "This user has no home folder, in which the cache would lie.",
            "Set HOME, or cache-dir in improve.yaml (IMPROVE_CACHE_DIR) to a folder of its own.",
        )
    return home / wanted[2:] if wanted else home / ".cache" / NAME
