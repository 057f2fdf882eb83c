"""The ``improve.yaml`` that is shipped: every setting, every line commented out.

``python -m improve.settings.example > improve.yaml`` writes it; a test keeps it fresh.
"""

from __future__ import annotations

import sys

from improve.settings.declared import DECLARED, Declaration

_HEAD = """\
# improve.yaml: how your team wants it done. Optional: as shipped, it changes nothing.
# Remove the '#' before a name to set it. The environment variable named with each setting wins
# over this file, the request (info.json) over both, and a flag over all.
"""


def example_text() -> str:
    """The whole file, generated from the declarations."""
    return _HEAD + "".join(_entry(declared) for declared in DECLARED)


def _entry(declared: Declaration) -> str:
    return (
        f"\n# {declared.help}\n"
        f"# {declared.kind.allowed}; default: {_default(declared.default)}; {declared.variable}\n"
        f"#{declared.name}: {declared.example}\n"
    )


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(example_text())
