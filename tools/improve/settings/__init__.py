"""Settings: how this team wants it done; every value knows where it came from."""

from improve.settings.declared import DECLARED, Declaration, Setting, Settings, Source
from improve.settings.places import cache_folder
from improve.settings.resolve import load_settings, resolve_settings

__all__ = [
    "DECLARED",
    "Declaration",
    "Setting",
    "Settings",
    "Source",
    "cache_folder",
    "load_settings",
    "resolve_settings",
]
