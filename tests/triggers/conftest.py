"""A loopback GitHub for each test."""

from __future__ import annotations

from tests.forge import conftest as forge

github, tools = forge.github, forge.tools  # fixtures
