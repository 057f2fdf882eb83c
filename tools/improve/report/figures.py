"""Small figures as inline SVG: no script, no file beside the page, colours from the page's own rules.

Each has a title that says in words what it shows, for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from improve.prompts import percent
from improve.records.analysis import Case, Finding, Group
from improve.visible import visible

BAR, GAP = 18, 8
MOST_COLUMNS = 120
_NAME = 44  # characters of a test's name beside its bar


def _figure(width: int, height: int, title: str, body: Markup) -> Markup:
    return Markup(
        '<svg class="figure" role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        "<title>{title}</title>{body}</svg>"
    ).format(w=width, h=height, title=visible(title), body=body)


def cost(groups: Sequence[Group]) -> Markup:
    """Horizontal bars: the minutes of red jobs that each group is blamed for."""
    most = max((group.minutes for group in groups), default=0) or 1
    rows = []
    for at, group in enumerate(groups):
        top = at * (BAR + GAP)
        long = 360 * group.minutes / most
        name = short(group.cases[0].test)
        more = f" +{len(group.cases) - 1}" if len(group.cases) > 1 else ""
        rows.append(
            Markup(
                '<text class="label" x="330" y="{y}" text-anchor="end">{name}{more}</text>'
                '<rect class="fail" x="340" y="{top}" width="{long:.1f}" height="{bar}" rx="2"/>'
                '<text x="{end:.1f}" y="{y}">{minutes}</text>'
            ).format(
                y=top + 13, name=name, more=more, top=top, long=max(1.0, long), bar=BAR,
                end=346 + long, minutes=f"{group.minutes:,.0f} min",
            )
        )  # fmt: skip
    told = ", ".join(f"{short(one.cases[0].test)} {one.minutes:,.0f} minutes" for one in groups[:5])
    height = max(1, len(groups)) * (BAR + GAP)
    return _figure(780, height, f"Minutes of red jobs: {told}", Markup("").join(rows))


def rate(case: Case, scale: float) -> Markup:
    """A dot at the rate and a line over its interval; ``scale`` is the rate at the right end."""

    def at(value: float) -> float:
        return 4 + 192 * min(1.0, value / scale)

    low, high = case.interval
    body = Markup(
        '<line class="axis" x1="4" y1="10" x2="196" y2="10"/>'
        '<line class="whisker" x1="{low:.1f}" y1="10" x2="{high:.1f}" y2="10"/>'
        '<circle class="fail" cx="{rate:.1f}" cy="10" r="4"/>'
    ).format(low=at(low), high=at(high), rate=at(case.rate))
    return _figure(
        200, 20, f"{percent(case.rate)}, between {percent(low)} and {percent(high)}", body
    )


def versus(finding: Finding) -> Markup:
    """Two bars: how often it fails with the level, and without."""
    rates = (
        ("with it", finding.failures_with, finding.runs_with, "fail"),
        ("otherwise", finding.failures_without, finding.runs_without, "other"),
    )
    most = max(failures / max(1, runs) for _, failures, runs, _ in rates) or 1
    rows = [
        Markup(
            '<text class="label" x="70" y="{y}" text-anchor="end">{name}</text>'
            '<rect class="{kind}" x="78" y="{top}" width="{long:.1f}" height="14" rx="2"/>'
            '<text x="{end:.1f}" y="{y}">{told}</text>'
        ).format(
            y=at * 20 + 12, name=name, kind=kind, top=at * 20 + 1,
            long=max(1.0, 220 * failures / max(1, runs) / most),
            end=84 + 220 * failures / max(1, runs) / most,
            told=f"{failures} of {runs} ({percent(failures / max(1, runs))})",
        )
        for at, (name, failures, runs, kind) in enumerate(rates)
    ]  # fmt: skip
    title = "; ".join(f"{name} {failures} of {runs}" for name, failures, runs, _ in rates)
    return _figure(460, 40, title, Markup("").join(rows))


def timeline(case: Case) -> Markup:
    """A column for each day (or for several): runs, and the failed ones from below."""
    columns = _columns(case.days)
    most = max((runs for _, _, runs in columns), default=1)
    wide = 720 / max(1, len(columns))
    body = []
    for at, (day, failures, runs) in enumerate(columns):
        tall, red = 60 * runs / most, 60 * failures / most
        body.append(
            Markup(
                '<g><title>{day}: {failures} of {runs} failed</title>'
                '<rect class="pass" x="{x:.1f}" y="{top:.1f}" width="{w:.1f}" height="{tall:.1f}"/>'
                '<rect class="fail" x="{x:.1f}" y="{low:.1f}" width="{w:.1f}" height="{red:.1f}"/></g>'
            ).format(
                day=day, failures=failures, runs=runs, x=at * wide, w=max(0.8, wide - 1), top=62 - tall,
                tall=tall, low=62 - red, red=red,
            )
        )  # fmt: skip
    if columns:
        body.append(
            Markup(
                '<text class="label" x="0" y="78">{first}</text>'
                '<text class="label" x="720" y="78" text-anchor="end">{last}</text>'
            ).format(first=columns[0][0], last=case.days[-1][0])
        )
    title = f"{case.failures} of {case.runs} runs failed, by day; grey runs passed"
    return _figure(720, 84, title, Markup("").join(body))


def _columns(days: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    together = -(-len(days) // MOST_COLUMNS) or 1
    return [
        (
            days[at][0],
            sum(failures for _, failures, _ in days[at : at + together]),
            sum(runs for _, _, runs in days[at : at + together]),
        )
        for at in range(0, len(days), together)
    ]


def short(test: str) -> str:
    """The end of a long name, where names differ."""
    text = visible(test)
    return text if len(text) <= _NAME else f"...{text[3 - _NAME :]}"
