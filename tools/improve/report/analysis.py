"""Render an analysis as Markdown and as one HTML page that needs nothing beside itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from improve import rundir
from improve.errors import ImproveError
from improve.prompts import count, percent, render
from improve.records.analysis import Analysis
from improve.redaction import redact
from improve.report import figures
from improve.visible import visible

FOLDER = "analyze-nd-failures"
MOST_DETAILED = 40  # groups that are told in full; all of them are in analyze.json
MOST_BARS = 12

Requests = Mapping[str, Mapping[str, object]]


def write_analysis(
    analysis: Analysis, requests: Requests, into: Path, toolkit: Path, written: str
) -> tuple[Path, Path]:
    """analysis.md and analysis.html in ``into``; ``written`` is the moment that they bear.

    Raises: ImproveError when a template cannot be filled in or a file cannot be written.
    """
    values: dict[str, object] = {
        "analysis": analysis,
        "detailed": analysis.groups[:MOST_DETAILED],
        "requests": {name: json.dumps(told, indent=2) for name, told in requests.items()},
        "into": str(into),
        "written": written,
        "count": count,
        "percent": percent,
        "q": lambda value: f"{value:.1g}" if value >= 1e-6 else "under 0.000001",
    }
    markdown, page = into / "analysis.md", into / "analysis.html"
    text = redact(render(toolkit / FOLDER / "TEMPLATE_analysis.md", values))
    rundir.write_whole(markdown, text.encode("utf-8", "replace"))
    rundir.write_whole(page, redact(html(toolkit, values)).encode("utf-8", "replace"))
    return markdown, page


def html(toolkit: Path, values: Mapping[str, object]) -> str:
    """The page. Every text in it is escaped, whatever the template does with it."""
    template = toolkit / FOLDER / "TEMPLATE_analysis.html"
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_shown,
    )
    environment.filters["name"] = _name
    analysis = values["analysis"]
    assert isinstance(analysis, Analysis)  # noqa: S101 - write_analysis put it there
    scale = max((case.interval[1] for group in analysis.groups for case in group.cases), default=1)
    drawn = {"bars": figures.cost(analysis.groups[:MOST_BARS]), "scale": scale, "figures": figures}
    try:
        return environment.get_template(template.name).render({**values, **drawn})
    except TemplateError as error:
        raise ImproveError(
            f"{template} could not be filled in: {error}.",
            "The template names a value that there is not; compare it with the shipped one.",
        ) from error


def _shown(value: object) -> object:
    """Texts without secrets and what hides or steers; autoescape does the rest.

    The page is redacted once more as a whole: figures are markup already, but an escaped sign splits
    a secret in two.
    """
    return visible(redact(value), keep="\n\t") if type(value) is str else value


def _name(text: str) -> Markup:
    """A long name may be broken where its parts end."""
    return Markup("<wbr>").join(
        re.split(r"(?<=[/.])(?=\w)|(?<=::)", visible(redact(text)))
    )  # joining escapes
